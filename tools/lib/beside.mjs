import { HeldBack, withOutput } from './output.mjs';

/**
 * Runs stages beside each other: those of a lane one after another, each as soon as the stages that it needs have
 * succeeded. What they print comes out in their order, never mixed; the first that still runs prints at once.
 *
 * @typedef {{ title: string, lane: string, needs?: string[], work: () => Promise<unknown> }} Stage needs: titles of
 * stages before it in the list
 * @param {readonly Stage[]} stages
 * @param {(stage: Stage, lacking: string | undefined) => Promise<boolean>} carryOut carries a stage out, or says that
 * it cannot be for lack of another; tells whether it succeeded
 */
export async function beside(stages, carryOut) {
  const succeeded = new Map();
  const lastOf = new Map();
  const outputs = stages.map(() => new HeldBack());
  const running = stages.map(({ title, lane, needs = [], work }, index) => {
    const before = lastOf.get(lane);
    const needed = needs.map((need) => {
      if (!succeeded.has(need))
        throw new Error(`the stage "${title}" needs "${need}", which comes later or never`);
      return succeeded.get(need).then((success) => ({ need, success }));
    });
    const success = (async () => {
      await before;
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
