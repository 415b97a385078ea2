import { metricsText } from '../metrics';

/** What `/metrics` of this process shows or would show. */
export function metricsOfThisProcess(): Promise<string> {
  return metricsText();
}

type Labels = Readonly<Record<string, string>>;

/** What an app's `/metrics` says. */
export async function scrape(url: string): Promise<string> {
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/plain; version=/),
  ]);
  return answer.text();
}

/** The sum of all samples with this name and these labels, among others; undefined when there is none. */
export function sumOf(text: string, name: string, labels: Labels = {}): number | undefined {
  const values = text.split('\n').flatMap((line) => {
    const [, of, all = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const isMeant = of === name && Object.entries(labels).every(([label, is]) => all.includes(`${label}="${is}"`));
    return isMeant ? [Number(value)] : [];
  });
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value);
}
