import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events';
import { waitAtMost } from './wait-at-most';

/** How long somebody who scrapes may wait for one value. */
const SCRAPE_PATIENCE_MS = 1000;

/** From what a cache answers in to the longest that anybody is kept waiting, with the figures that are promised among them. */
export const LATENCY_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10];

interface Description<L extends string> {
  readonly name: string;
  readonly help: string;
  /** Their values must be few, and none of them a client's choice. */
  readonly labels?: readonly L[];
}

/** What one value is of. */
type Of<L extends string> = Readonly<Record<L, string>>;

/** Counts in this process' `/metrics` when called; called with 0, it is there before anything has happened. Made again, it goes on. */
export function counter<L extends string = never>({
  name,
  help,
  labels = [],
}: Description<L>): (of: Of<L>, by?: number) => void {
  const known = register.getSingleMetric(name) as Counter<L> | undefined;
  const made = known ?? new Counter({ name, help, labelNames: [...labels] });
  return (of, by = 1) => made.inc(of, by);
}

/** Notes how long, or how much, in buckets. Made again, it goes on. */
export function histogram<L extends string = never>({
  name,
  help,
  labels = [],
  buckets = LATENCY_BUCKETS,
}: Description<L> & { readonly buckets?: readonly number[] }): (of: Of<L>, value: number) => void {
  const known = register.getSingleMetric(name) as Histogram<L> | undefined;
  const made = known ?? new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets] });
  return (of, value) => made.observe(of, value);
}

/** A value that whoever changes it sets. Made again, it goes on. */
export function gauge<L extends string = never>({
  name,
  help,
  labels = [],
}: Description<L>): (of: Of<L>, value: number) => void {
  const known = register.getSingleMetric(name) as Gauge<L> | undefined;
  const made = known ?? new Gauge({ name, help, labelNames: [...labels] });
  return (of, value) => made.set(of, value);
}

type Values = number | undefined | Readonly<Record<string, number>>;

interface AskedOptions {
  readonly name: string;
  readonly help: string;
  /** The one label of the values' names; without it there is one value. */
  readonly label?: string;
  /** While it fails, the last values stay; what is undefined is left out. */
  readonly read: () => Values | Promise<Values>;
  /** Not asked again so soon; 0 for what costs nothing. */
  readonly freshForMs?: number;
}

/** A value that is asked for when somebody scrapes, who never waits long for it. Made again, it takes the place of the one before. */
export function askedGauge({ name, help, label, read, freshForMs = 5000 }: AskedOptions): void {
  register.removeSingleMetric(name);
  const reading = new Reading(read, freshForMs);
  new Gauge({
    name,
    help,
    labelNames: label ? [label] : [],
    async collect() {
      const values = await reading.latest();
      if (!label) {
        this.remove();
        return typeof values === 'number' ? this.set(values) : undefined;
      }
      this.reset();
      for (const [of, value] of Object.entries(values ?? {})) this.set({ [label]: of }, value);
    },
  });
}

class Reading {
  private values: Values;
  private readAt = -Infinity;
  private running?: Promise<void>;

  constructor(
    private readonly read: AskedOptions['read'],
    private readonly freshForMs: number,
  ) {}

  async latest(): Promise<Values> {
    if (performance.now() - this.readAt >= this.freshForMs) {
      this.running ??= this.ask().finally(() => (this.running = undefined));
      await waitAtMost(SCRAPE_PATIENCE_MS, this.running);
    }
    return this.values;
  }

  private async ask(): Promise<void> {
    this.values = await this.read();
    this.readAt = performance.now();
  }
}

collectDefaultMetrics();

/** Of Prometheus' text format. */
export const METRICS_CONTENT_TYPE = register.contentType;

/** All metrics of this process, as Prometheus reads them. */
export function metricsText(): Promise<string> {
  return register.metrics();
}

const countSecurity = counter({
  name: 'security_events_total',
  help: 'What happened here that matters for security, by the names that the log has',
  labels: ['event'],
});
// From the start, so that the first of a kind is an increase.
for (const event of Object.keys(SECURITY_EVENTS)) countSecurity({ event }, 0);

export function countSecurityEvent(event: SecurityEvent): void {
  countSecurity({ event });
}
