import { Failure, reportFailure } from '../local/progress.mjs';

/** Something is not as it must be, and nothing was changed. */
export class Refusal extends Failure {}

/** Runs a command to its end. Exit code 1: it failed; 2: it refused, and everything is as it was. */
export async function runCommand(work) {
  try {
    await work();
  } catch (error) {
    reportFailure(error);
    process.exitCode = error instanceof Refusal ? 2 : 1;
  }
}

/** Opens a connection, or says in one sentence which store is away. */
export async function reach(store, connect) {
  try {
    return await connect();
  } catch (error) {
    throw new Refusal(`${store} cannot be reached: ${error.message || error.code}. Are the stores running?`);
  }
}
