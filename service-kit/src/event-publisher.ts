import type { ConfirmChannel, Options } from 'amqplib';
import type { EventCodec, OutgoingEvent } from './event-codec';
import { EXCHANGE } from './exchanges';
import { ReturnedMessages } from './returned-messages';
import { inTrace } from './trace';

const CONFIRM_TIMEOUT_MS = 10_000;

export interface PublishResult {
  readonly id: string;
  /** The broker has it on disk, and where it is mandatory a queue took it. */
  readonly ok: boolean;
  readonly error?: string;
}

interface Sealed {
  readonly event: OutgoingEvent;
  /** Undefined: it could not be sealed. */
  readonly message?: { readonly body: Buffer; readonly options: Options.Publish };
  readonly error?: string;
}

/** Confirmed publishing on one channel. The bus makes a new one after each reconnect. */
export class EventPublisher {
  private readonly returned = new ReturnedMessages();

  constructor(
    readonly channel: ConfirmChannel,
    private readonly codec: EventCodec,
  ) {
    channel.on('return', ({ properties }) => this.returned.add(properties.messageId));
  }

  /** Publishes all in their order, many in flight, and waits for the broker's confirms. Never throws. */
  async publishAll(events: readonly OutgoingEvent[]): Promise<PublishResult[]> {
    // All are sealed before the first leaves: whose sealing ends first is chance.
    const sealed = await Promise.all(events.map((event) => this.seal(event)));
    return Promise.all(sealed.map((one) => inTrace(one.event.traceparent, () => this.publish(one))));
  }

  private async seal(event: OutgoingEvent): Promise<Sealed> {
    try {
      return { event, message: await this.codec.encode(event) };
    } catch (error) {
      return { event, error: String(error) };
    }
  }

  private async publish({ event: { id, type }, message, error }: Sealed): Promise<PublishResult> {
    const trouble = message ? await this.confirmed(type, message) : error;
    return trouble === undefined ? { id, ok: true } : { id, ok: false, error: trouble };
  }

  /** Resolves with what went wrong, or undefined. */
  private confirmed(type: string, { body, options }: NonNullable<Sealed['message']>): Promise<string | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('no confirm in time'), CONFIRM_TIMEOUT_MS);
      const settle = (error?: string) => {
        clearTimeout(timer);
        resolve(error);
      };
      try {
        this.channel.publish(EXCHANGE, type, body, options, (error: unknown) => {
          // RabbitMQ confirms what it could not route; the return comes before the confirm.
          if (this.returned.take(options.messageId)) settle('no queue takes this event');
          else settle(error instanceof Error ? error.message : error ? 'refused by the broker' : undefined);
        });
      } catch (error) {
        settle(String(error));
      }
    });
  }
}
