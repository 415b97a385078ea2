import { Counter, Gauge, register } from 'prom-client';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events';

interface GaugeOptions {
  readonly name: string;
  readonly help: string;
  /** The one label of the values' names; without it there is one value, named ''. */
  readonly label?: string;
  /** Asked at every scrape. While it fails, the last values stay. */
  readonly read: () => Promise<Readonly<Record<string, number>>>;
}

/** A value of this process' `/metrics`. Made again, it takes the place of the one before. */
export function gauge({ name, help, label, read }: GaugeOptions): void {
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    labelNames: label ? [label] : [],
    async collect() {
      const values = await read().catch(() => ({}));
      for (const [of, value] of Object.entries(values)) this.set(label ? { [label]: of } : {}, value);
    },
  });
}

interface CounterOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  /** Their values must be few. */
  readonly labels: readonly L[];
}

/** Something that is counted in this process' `/metrics`, by calling what this returns. Made again, it goes on. */
export function counter<L extends string>({ name, help, labels }: CounterOptions<L>): (of: Record<L, string>) => void {
  const known = register.getSingleMetric(name) as Counter<L> | undefined;
  const made = known ?? new Counter({ name, help, labelNames: [...labels] });
  return (of) => made.inc(of);
}

const securityEvents = new Counter({
  name: 'security_events_total',
  help: 'What happened here that matters for security, by the names that the log has',
  labelNames: ['event'],
});
// From the start, so that the first of a kind is an increase.
for (const event of Object.keys(SECURITY_EVENTS)) securityEvents.inc({ event }, 0);

export function countSecurityEvent(event: SecurityEvent): void {
  securityEvents.inc({ event });
}
