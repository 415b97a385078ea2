import { connect, type Http2Session } from 'node:http2';
import { Duplex } from 'node:stream';

type Pinged = (error: Error | null, durationMs: number, payload?: Buffer) => void;

/**
 * grpc-js breaks a connection that is being drained, and the calls on it, when its keepalive is due meanwhile: Node sends no
 * ping on a session that is closing, and grpc-js takes that for a peer that is gone (grpc/grpc-node#3068, of servers and clients).
 * Until it is mended there, such a ping counts as answered; what is under way has its deadline.
 */
function answerPingsOfClosingSessions(): void {
  const sessions = prototypeOfSessions();
  // Called with the session that is meant.
  const send = Reflect.get(sessions, 'ping') as (this: Http2Session, ...sent: unknown[]) => boolean;
  sessions.ping = function (this: Http2Session, ...sent: unknown[]): boolean {
    if (!this.closed || this.destroyed) return send.apply(this, sent);
    process.nextTick(sent.at(-1) as Pinged, null, 0);
    return true;
  };
}

// Node does not export its class.
function prototypeOfSessions(): Http2Session {
  const nowhere = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const session = connect('http://nowhere', { createConnection: () => nowhere });
  session.destroy();
  return Object.getPrototypeOf(Object.getPrototypeOf(session)) as Http2Session;
}

answerPingsOfClosingSessions();
