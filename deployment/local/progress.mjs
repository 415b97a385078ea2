/** A failure that a person can mend: shown as one sentence, without a stack. */
export class Failure extends Error {}

/** Runs one piece of work and says what it is and how long it took. */
export async function step(title, work) {
  const startedAt = performance.now();
  console.log(`  … ${title}`);
  const result = await work();
  console.log(`  ✓ ${title} (${secondsSince(startedAt)} s)`);
  return result;
}

export function secondsSince(startedAt) {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

export function warn(text) {
  console.log(`  ! ${text}`);
}

/** Prints one sentence for what went wrong; the stack only for what nobody foresaw. */
export function reportFailure(error) {
  if (error instanceof Failure) console.error(`\n${error.message}`);
  else if (error?.code === 'ENOSPC')
    console.error(`\nThe disk is full (${error.path ?? 'no space left'}): free some space.`);
  else if (error?.code === 'EACCES' && error.path)
    console.error(`\nThis user may not use ${error.path}: change its owner, or remove it.`);
  else console.error(`\nAn unforeseen failure, which is a defect of deployment/local:\n${error?.stack ?? error}`);
}
