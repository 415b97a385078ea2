/** What the broker could not route, by message id. The same id may be under way more than once, and come back as often. */
export class ReturnedMessages {
  private readonly times = new Map<unknown, number>();

  add(id: unknown): void {
    this.times.set(id, (this.times.get(id) ?? 0) + 1);
  }

  /** Whether one of that id has come back, which is then forgotten. */
  take(id: unknown): boolean {
    const times = this.times.get(id) ?? 0;
    if (times > 1) this.times.set(id, times - 1);
    else this.times.delete(id);
    return times > 0;
  }
}
