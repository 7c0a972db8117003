import { HeldBack, withOutput } from './output.mjs';

/**
 * Runs stages beside each other: those of a lane one after another, each as soon as the stages that it needs have
 * succeeded and those that it waits for have ended. What they print comes out in their order, never mixed; the first
 * that still runs prints at once.
 *
 * @typedef {{ title: string, lane: string, needs?: string[], after?: string[], work: () => Promise<unknown> }} Stage
 * needs, after: titles of stages before it in the list
 * @param {readonly Stage[]} stages
 * @param {(stage: Stage, lacking: string | undefined) => Promise<boolean>} carryOut carries a stage out, or says that
 * it cannot be for lack of another; tells whether it succeeded
 */
export async function beside(stages, carryOut) {
  const succeeded = new Map();
  const lastOf = new Map();
  const outputs = stages.map(() => new HeldBack());
  const running = stages.map(({ title, lane, needs = [], after = [], work }, index) => {
    const later = [...needs, ...after].find((other) => !succeeded.has(other));
    if (later) throw new Error(`the stage "${title}" waits for "${later}", which comes later or never`);
    const before = [lastOf.get(lane), ...after.map((other) => succeeded.get(other))];
    const needed = needs.map(async (need) => ({ need, success: await succeeded.get(need) }));
    const success = (async () => {
      await Promise.all(before);
      const lacking = (await Promise.all(needed)).find(({ success }) => !success)?.need;
      return withOutput(outputs[index], () => carryOut({ title, work }, lacking));
    })();
    succeeded.set(title, success);
    lastOf.set(lane, success);
    return success;
  });
  for (const [index, stage] of running.entries()) {
    outputs[index].open();
    await stage;
  }
}
