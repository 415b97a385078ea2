/** Rejects when the provider takes longer: its answer may still be true, and is asked for again later. */
export async function askInTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  if (timeoutMs === Infinity) return answer;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer from the payment provider in ${timeoutMs} ms`));
    // After a look at the network: a process that stood still does not take that for the provider's silence.
    timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
