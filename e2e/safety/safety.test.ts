import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { Liar } from '../../packages/infra/test/truth/liar.js';
import { lengthAndHoles, LoadOfCommand } from './load-of-command.js';

/** Length of each load, and how long after that requests may still be served. In seconds. */
const plannedSeconds = 4;
const afterwardsSeconds = 10;
/** No phase may take longer than this with a master that does not answer. In seconds. */
const phaseSeconds = 45;
/** The longest time for which a command may show nothing. In seconds. */
const quietSeconds = 15;

let liar: Liar;
beforeAll(async () => {
  liar = await Liar.start();
});
afterAll(() => liar.stop());

async function withLoad(seconds: number, attempt: (load: LoadOfCommand) => Promise<void>): Promise<void> {
  const port = await liar.open({ ignoreFirst: 1 });
  const load = new LoadOfCommand(port, seconds);
  try {
    await attempt(load);
  } catch (error) {
    const { stdout, stderr } = load.command;
    throw new Error(`${(error as Error).message}\n${stdout}${stderr}`, { cause: error });
  } finally {
    await load.end();
    await port.close();
  }
}

/** The command sleeps for longer than its load lasts, as a laptop does whose lid is closed. */
const commandAsleep = () =>
  withLoad(plannedSeconds, async (load) => {
    await load.begins('load');
    await load.serves();
    load.command.child.kill('SIGSTOP');
    await delay(2 * plannedSeconds * 1000);
    const asleep = (await load.books()).received;
    load.command.child.kill('SIGCONT');
    await load.command.ended;
    expect(await load.servedSeconds()).toBeLessThan(plannedSeconds + afterwardsSeconds);
    const report = load.report()!;
    const { offBy, longestHole } = lengthAndHoles(report);
    if (report.verdict === 'PASS') {
      expect(offBy).toBeLessThanOrEqual(2);
      expect(longestHole).toBeLessThanOrEqual(3);
    }
    // The master ended it, and kept what the command had missed.
    expect(asleep).toBe(report.total.count);
    expect(report.series.length).toBeGreaterThanOrEqual(plannedSeconds - 1);
  });

const commandKilled = () =>
  withLoad(60, async (load) => {
    await load.begins('load');
    await load.serves();
    const killedAt = performance.now();
    load.command.child.kill('SIGKILL');
    await load.command.ended;
    await expect.poll(() => load.left(), { timeout: 45_000 }).toEqual([]);
    const served = (await load.books()).received;
    expect((performance.now() - killedAt) / 1000).toBeLessThan(afterwardsSeconds);
    await delay(1000);
    expect((await load.books()).received).toBe(served);
    expect(await load.servedSeconds()).toBeLessThan(60 + afterwardsSeconds);
  });

/** The master stops answering in a phase, for good. */
const masterFrozen = (phase: 'connect' | 'load' | 'stop' | 'collect', after?: 'requests') => () =>
  withLoad(plannedSeconds, async (load) => {
    await load.begins(phase);
    if (after) await load.serves();
    load.locust.signal('master', 'SIGSTOP');
    const frozenAt = performance.now();
    let [shownAt, quietest] = [frozenAt, 0];
    let [current, currentAt, longest]: [string | undefined, number, number] = [undefined, frozenAt, 0];
    const look = () => {
      quietest = Math.max(quietest, performance.now() - shownAt);
      shownAt = performance.now();
      const [last] = load.command.stdout.match(/● \w+(?![^]*● )/) ?? [];
      if (last !== current) [current, currentAt] = [last, shownAt];
      longest = Math.max(longest, shownAt - currentAt);
    };
    load.command.child.stdout?.on('data', look);
    load.command.child.stderr?.on('data', look);
    const exitCode = await load.command.ended;
    look();
    expect(longest / 1000).toBeLessThan(phaseSeconds);
    expect(quietest / 1000).toBeLessThan(quietSeconds);
    expect(load.left()).toEqual([]);
    expect(await load.servedSeconds()).toBeLessThan(plannedSeconds + afterwardsSeconds);
    const report = load.report();
    // It may have answered, with its worker connected, before the signal came: then it froze as the load began.
    const isBeforeLoad = !load.command.stdout.includes('✓ connect');
    if (phase === 'connect' && isBeforeLoad) {
      expect(exitCode).toBe(97);
      expect(load.command.stderr).toContain('code: PROVISIONING_FAILED');
      expect(report).toBeUndefined();
    } else if (phase === 'load' || phase === 'connect') {
      // It froze before it started the load, or after: then there is a report.
      expect(exitCode).toBe(96);
      if (after) expect(report).toMatchObject({ verdict: 'INVALID' });
    } else if (report?.verdict === 'PASS') {
      // Complete before it froze: nothing is missing but Locust's own files.
      const { offBy, longestHole } = lengthAndHoles(report);
      expect([offBy <= 2, longestHole <= 3]).toEqual([true, true]);
      expect(report.total.count).toBe((await load.books()).received);
    } else {
      expect(report).toMatchObject({ verdict: 'INVALID' });
    }
  });

const all = [
  { name: 'the command sleeps for longer than its load', attempt: commandAsleep },
  { name: 'the command is killed', attempt: commandKilled },
  ...(['connect', 'load', 'stop', 'collect'] as const).map((phase) => ({
    name: `the master freezes as the phase ${phase} begins`,
    attempt: masterFrozen(phase),
  })),
  { name: 'the master freezes within the load', attempt: masterFrozen('load', 'requests') },
];

describe('a load has an end of its own', () => {
  for (const { name, attempt } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
    it.concurrent(name, attempt, 450_000);
  }
});
