/** Resolves when the work has ended either way, or when patience has. */
export async function waitAtMost(patienceMs: number | undefined, work: Promise<unknown> | undefined): Promise<void> {
  const ended = Promise.allSettled([work]);
  if (patienceMs === undefined) return void (await ended);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
  await Promise.race([ended, patience]);
  clearTimeout(timer);
}
