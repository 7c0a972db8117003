import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { Liar, type LiarPort } from '../../packages/infra/test/truth/liar.js';
import { AccountWithLoads, type AccountKind } from './account-with-loads.js';
import { run, type LoadOfCommand } from './load-of-command.js';

/** Length of each load, and how long after that requests may still be served. In seconds. */
const plannedSeconds = 6;
const afterwardsSeconds = 10;
/** What tasks live for, from the moment that their fleet is deployed: time for that, and for the load. In seconds. */
const livesSeconds = 60;
/** Five users who wait 50 ms never pause for so long, in milliseconds. */
const stillMilliseconds = 3000;

let liar: Liar;
beforeAll(async () => {
  liar = await Liar.start();
});

/** An account, and the server that its loads are made on: its books begin anew with each load. */
interface World {
  readonly account: AccountWithLoads;
  readonly port: LiarPort;
  /** Id of a fleet that stands; made once it is asked for. */
  readonly deployed: () => Promise<string>;
  /** It, if anybody has asked. */
  readonly known: () => string[];
}

const worlds = new Map<AccountKind, Promise<World>>();

/** Made when the first test of its kind asks. */
function worldOf(kind: AccountKind): Promise<World> {
  const world = worlds.get(kind) ?? makeWorld(kind);
  worlds.set(kind, world);
  return world;
}

async function makeWorld(kind: AccountKind): Promise<World> {
  const [account, port] = await Promise.all([AccountWithLoads.start(kind), liar.open()]);
  const known: string[] = [];
  let deployed: Promise<string> | undefined;
  const deploy = async () => {
    const deployment = account.load(port, plannedSeconds, ['deploy', '--yes', '--no-live']);
    const exitCode = await deployment.command.ended;
    const output = deployment.command.stdout + deployment.command.stderr;
    expect({ exitCode, output }).toEqual({ exitCode: 0, output });
    const [fleetId = ''] = await account.deployed();
    known.push(fleetId);
    await deployment.end();
    return fleetId;
  };
  return { account, port, deployed: () => (deployed ??= deploy()), known: () => known };
}

afterAll(async () => {
  await Promise.all([...worlds.values()].map(async (world) => (await world).account.end()));
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

const networkLost = async (load: LoadOfCommand, { account }: World) => {
  account.cutNetwork();
  await Promise.all([requireEnd(load), load.command.ended]);
  expect(load.report()?.verdict).toBe('INVALID');
};

/** It ends in the workers, and nobody can say how it was. */
const masterFrozen = async (load: LoadOfCommand, { account }: World) => {
  const thaw = account.freezeMaster();
  try {
    await Promise.all([requireEnd(load), load.command.ended]);
    expect(load.report()?.verdict).toBe('INVALID');
  } finally {
    thaw();
  }
};

type Trouble = (load: LoadOfCommand, world: World) => Promise<void>;

const troubles = [
  { trouble: 'is killed', happen: commandKilled },
  { trouble: 'sleeps for longer than its load', happen: commandAsleep },
  { trouble: 'loses the network', happen: networkLost },
];

/** Until the load is made, and then whatever happens. */
async function withLoad(world: World, argv: readonly string[], happen: Trouble, fleet: object = {}) {
  const load = world.account.load(world.port, plannedSeconds, argv, fleet);
  try {
    await load.serves();
    await happen(load, world);
  } catch (error) {
    const { stdout, stderr } = load.command;
    throw new Error(`${(error as Error).message}\n${stdout}${stderr}`, { cause: error });
  } finally {
    await load.end();
  }
}

/** Removes what others than the fleet that stands have left. */
async function removeOthers({ account, known }: World): Promise<void> {
  for (const left of await account.deployed())
    if (!known().includes(left)) await account.carryOut(['destroy', left, '--yes', ...account.flags]);
  expect(await account.deployed()).toEqual(known());
}

const onOwnFleet = (happen: Trouble) => async (world: World) => {
  await world.port.become({ ignoreFirst: 1 });
  await withLoad(world, [...run, '--no-live'], happen);
  // What a killed command left behind is found, and goes.
  await removeOthers(world);
};

const onDeployedFleet = (happen: Trouble) => async (world: World) => {
  const fleetId = await world.deployed();
  await world.port.become({ ignoreFirst: 1 });
  await withLoad(world, [...run, '--on', fleetId, '--no-live'], happen);
  expect(await world.account.deployed()).toContain(fleetId);
};

/** Nobody is left to end its tasks, and no schedule ends one on Fargate. */
const leftToExpire = async (world: World) => {
  const { account, port } = world;
  await port.become({ ignoreFirst: 1 });
  const fleet = { timeToLive: `${livesSeconds}s` };
  const others = account.containers().length;
  await withLoad(world, [...run, '--no-live'], commandKilled, fleet);
  // Their own half a minute to end in, and as much again for a busy machine.
  const timeout = (livesSeconds + 60) * 1000;
  await expect.poll(() => account.containers().length, { timeout, interval: 500 }).toBe(others);
  await removeOthers(world);
};

/** It ends as soon as the load is made. */
const startKilled = async (world: World) => {
  const fleetId = await world.deployed();
  await world.port.become({});
  await withLoad(world, ['start', fleetId], commandKilled);
};

/** Nobody has asked for a load. */
const deployKilled = async (world: World) => {
  const { account, port } = world;
  await port.become({ ignoreFirst: 1 });
  const load = account.load(port, plannedSeconds, ['deploy', '--yes', '--no-live']);
  await load.begins('connect');
  load.command.child.kill('SIGKILL');
  await load.command.ended;
  await delay(stillMilliseconds);
  expect((await load.books()).received).toBe(0);
  await load.end();
  await removeOthers(world);
};

/** Its load is over and judged, and the removal of its machine takes for ever. */
const removalTerminated = async (world: World) => {
  const { account, port } = world;
  await port.become({ ignoreFirst: 1 });
  let speak = () => {};
  try {
    await withLoad(world, [...run, '--no-live'], async ({ command }) => {
      await command.shows('● collect');
      speak = account.silence();
      await command.shows('● destroy');
      const at = performance.now();
      command.child.kill('SIGTERM');
      expect(await command.ended).toBe(98);
      // Its own limit is 10 s; the rest is for a busy machine.
      expect((performance.now() - at) / 1000).toBeLessThan(20);
      expect(command.stdout).toMatch(/PASS|INVALID/);
      expect(command.stderr).toMatch(/resources of fleet (\S+) may remain\nhint: .* destroy \1/);
    });
  } finally {
    speak();
  }
  await removeOthers(world);
};

interface Case {
  readonly kind: AccountKind;
  readonly name: string;
  readonly attempt: (world: World) => Promise<void>;
}

const onEc2: readonly Omit<Case, 'kind'>[] = [
  ...troubles.flatMap(({ trouble, happen }) => [
    { name: `run --fleet ec2 ${trouble}`, attempt: onOwnFleet(happen) },
    { name: `run --on ${trouble}`, attempt: onDeployedFleet(happen) },
  ]),
  { name: 'start is killed', attempt: startKilled },
  { name: 'deploy is killed', attempt: deployKilled },
  { name: 'run --fleet ec2 gets SIGTERM while AWS is silent', attempt: removalTerminated },
];

const all: readonly Case[] = [
  ...onEc2.map((one) => ({ kind: 'EC2' as const, ...one })),
  { kind: 'ECS', name: 'run --on is killed, on ECS', attempt: onDeployedFleet(commandKilled) },
  {
    kind: 'ECS',
    name: 'run --on sleeps for longer than its load, on ECS',
    attempt: onDeployedFleet(commandAsleep),
  },
  { kind: 'ECS', name: 'the master of run --on freezes, on ECS', attempt: onDeployedFleet(masterFrozen) },
  { kind: 'Fargate', name: 'run --fleet ecs is killed, on Fargate', attempt: onOwnFleet(commandKilled) },
  { kind: 'Fargate', name: 'tasks on Fargate of a killed command end themselves', attempt: leftToExpire },
];

describe('a load on AWS has an end of its own', () => {
  for (const { kind, name, attempt } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
    it(name, async () => attempt(await worldOf(kind)), 600_000);
  }
});
