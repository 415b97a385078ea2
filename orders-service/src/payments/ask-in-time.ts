/** Rejects when the provider takes longer: its answer may still be true, and is asked for again later. */
export async function askInTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  if (timeoutMs === Infinity) return answer;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from the payment provider in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
