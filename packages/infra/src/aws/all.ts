/** Like `Promise.all`, but waits until every step has ended: nothing is made any more when the clean-up begins. */
export async function all<const Steps extends readonly unknown[]>(
  steps: Steps,
): Promise<{ -readonly [Index in keyof Steps]: Awaited<Steps[Index]> }> {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}
