import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { Liar, type LiarPort } from '../../packages/infra/test/truth/liar.js';
import { AccountWithLoads, flags } from './account-with-loads.js';
import { run, type LoadOfCommand } from './load-of-command.js';

/** Length of each load, and how long after that requests may still be served. In seconds. */
const plannedSeconds = 6;
const afterwardsSeconds = 10;
/** Five users who wait 50 ms never pause for so long, in milliseconds. */
const stillMilliseconds = 3000;

let liar: Liar;
let account: AccountWithLoads;
/** What the fleet that stands is deployed for: its books begin anew with each load. */
let port: LiarPort;
let fleetId: string;

beforeAll(async () => {
  [liar, account] = await Promise.all([Liar.start(), AccountWithLoads.start()]);
  port = await liar.open();
  const deployment = account.load(port, plannedSeconds, ['deploy', '--yes', '--no-live']);
  const exitCode = await deployment.command.ended;
  const output = deployment.command.stdout + deployment.command.stderr;
  expect({ exitCode, output }).toEqual({ exitCode: 0, output });
  [fleetId = ''] = await account.deployed();
  await deployment.end();
}, 450_000);

afterAll(async () => {
  await account?.end();
  await liar?.stop();
}, 180_000);

/** The law: whatever happened to the command, requests end in time, and none comes later. */
async function requireEnd(load: LoadOfCommand): Promise<void> {
  for (let before = -1, now = 0; now !== before; now = (await load.books()).received) {
    before = now;
    expect(await load.servedSeconds()).toBeLessThan(plannedSeconds + afterwardsSeconds);
    await delay(stillMilliseconds);
  }
  expect((await load.books()).received).toBeGreaterThan(10);
  expect(await load.servedSeconds()).toBeLessThan(plannedSeconds + afterwardsSeconds);
}

const commandKilled = async (load: LoadOfCommand) => {
  load.command.child.kill('SIGKILL');
  await load.command.ended;
  await requireEnd(load);
};

/** As a laptop does whose lid is closed. */
const commandAsleep = async (load: LoadOfCommand) => {
  load.command.child.kill('SIGSTOP');
  await requireEnd(load);
  const { received } = await load.books();
  load.command.child.kill('SIGCONT');
  await load.command.ended;
  expect((await load.books()).received).toBe(received);
  // What it slept through is in its report.
  expect(load.report()?.total.count).toBe(received);
};

const networkLost = async (load: LoadOfCommand) => {
  account.cutNetwork();
  await Promise.all([requireEnd(load), load.command.ended]);
  expect(load.report()?.verdict).toBe('INVALID');
};

const troubles = [
  { trouble: 'is killed', happen: commandKilled },
  { trouble: 'sleeps for longer than its load', happen: commandAsleep },
  { trouble: 'loses the network', happen: networkLost },
];

/** Until the load is made, and then whatever happens. */
async function withLoad(argv: readonly string[], happen: (load: LoadOfCommand) => Promise<void>) {
  const load = account.load(port, plannedSeconds, argv);
  try {
    await load.serves();
    await happen(load);
  } catch (error) {
    const { stdout, stderr } = load.command;
    throw new Error(`${(error as Error).message}\n${stdout}${stderr}`, { cause: error });
  } finally {
    await load.end();
  }
}

/** Removes what others than the fleet that stands have left. */
async function removeOthers(): Promise<void> {
  for (const left of await account.deployed())
    if (left !== fleetId) await account.carryOut(['destroy', left, '--yes', ...flags]);
  expect(await account.deployed()).toEqual([fleetId]);
}

const onOwnFleet = (happen: (load: LoadOfCommand) => Promise<void>) => async () => {
  await port.become({ ignoreFirst: 1 });
  await withLoad([...run, '--no-live'], happen);
  // What a killed command left behind is found, and goes.
  await removeOthers();
};

const onDeployedFleet = (happen: (load: LoadOfCommand) => Promise<void>) => async () => {
  await port.become({ ignoreFirst: 1 });
  await withLoad([...run, '--on', fleetId, '--no-live'], happen);
  expect(await account.deployed()).toEqual([fleetId]);
};

/** It ends as soon as the load is made. */
const startKilled = async () => {
  await port.become({});
  await withLoad(['start', fleetId], commandKilled);
};

/** Nobody has asked for a load. */
const deployKilled = async () => {
  await port.become({ ignoreFirst: 1 });
  const load = account.load(port, plannedSeconds, ['deploy', '--yes', '--no-live']);
  await load.begins('connect');
  load.command.child.kill('SIGKILL');
  await load.command.ended;
  await delay(stillMilliseconds);
  expect((await load.books()).received).toBe(0);
  await load.end();
  await removeOthers();
};

/** Its load is over and judged, and the removal of its machine takes for ever. */
const removalTerminated = async () => {
  await port.become({ ignoreFirst: 1 });
  let speak = () => {};
  try {
    await withLoad([...run, '--no-live'], async ({ command }) => {
      await command.shows('● collect');
      speak = account.silence();
      await command.shows('● destroy');
      const at = performance.now();
      command.child.kill('SIGTERM');
      expect(await command.ended).toBe(98);
      // Its own limit is 10 s; the rest is for a busy machine.
      expect((performance.now() - at) / 1000).toBeLessThan(20);
      expect(command.stdout).toMatch(/PASS|INVALID/);
      expect(command.stderr).toMatch(/resources of fleet (\S+) may remain\nhint: .*loadwright destroy \1/);
    });
  } finally {
    speak();
  }
  await removeOthers();
};

const all = [
  ...troubles.flatMap(({ trouble, happen }) => [
    { name: `run --fleet ec2 ${trouble}`, attempt: onOwnFleet(happen) },
    { name: `run --on ${trouble}`, attempt: onDeployedFleet(happen) },
  ]),
  { name: 'start is killed', attempt: startKilled },
  { name: 'deploy is killed', attempt: deployKilled },
  { name: 'run --fleet ec2 gets SIGTERM while AWS is silent', attempt: removalTerminated },
];

describe('a load on EC2 has an end of its own', () => {
  for (const { name, attempt } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
    it(name, attempt, 450_000);
  }
});
