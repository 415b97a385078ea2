import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port';

/** Stands between an app and its store, so that the store can "go away" or freeze. It begins cut. */
export class Line {
  static async to(store: string): Promise<Line> {
    return new Line(await freePort(), new URL(store));
  }

  private server?: Server;
  private readonly pairs = new Set<{ inside: Socket; outside: Socket }>();

  private constructor(
    private readonly port: number,
    private readonly target: URL,
  ) {}

  /** The same address, through this line. */
  through(address: string): string {
    const url = new URL(address);
    url.host = `127.0.0.1:${this.port}`;
    return url.toString();
  }

  async open(): Promise<void> {
    this.server = createServer((inside) => {
      const outside = connect(Number(this.target.port), this.target.hostname);
      this.pairs.add({ inside, outside });
      for (const socket of [inside, outside]) socket.on('error', () => socket.destroy());
      inside.on('close', () => outside.destroy()).pipe(outside);
      outside.on('close', () => inside.destroy()).pipe(inside);
    });
    await new Promise<void>((resolve, reject) =>
      this.server?.once('error', reject).listen(this.port, '127.0.0.1', resolve),
    );
  }

  /** Nothing comes back any more, as from a stopped process. */
  freeze(): void {
    for (const { inside, outside } of this.pairs) outside.unpipe(inside);
  }

  thaw(): void {
    for (const { inside, outside } of this.pairs) outside.pipe(inside);
  }

  cut(): void {
    this.server?.close();
    for (const { inside, outside } of this.pairs) {
      inside.destroy();
      outside.destroy();
    }
    this.pairs.clear();
  }
}
