/** Jest's globalTeardown of the system tests. */
export default async function stopSharedSystem(): Promise<void> {
  await globalThis.sharedSystem?.stop();
}
