import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { expect, it, onTestFinished } from 'vitest';
import { variablesFor } from '../packages/infra/test/ec2/quick-fleet.js';
import { uiPort } from '../packages/infra/test/ec2/work.js';
import { baseImage } from '../packages/infra/test/ecs/base-image.js';
import { Command } from '../packages/cli/test/command.js';
import { startContainerAccount } from './container-account.js';
import { protocols, startRings, twoProtocols } from './two-protocols.js';

/** An account with machines that run Locust, a ring of each protocol, and a folder with a workflow on both. */
async function makeWorld() {
  const { aws, containers, own, stop } = await startContainerAccount();
  onTestFinished(stop);
  const machines: string[] = [];
  aws.behaviour.onMachine = ({ id }) => machines.push(id);
  const rings = await startRings();
  onTestFinished(async () => {
    await Promise.all(rings.map((ring) => ring.stop()));
  });
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-workflow-')));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const { configuration, workflow } = twoProtocols(rings, {
    ...{ kind: 'ecs', region: aws.region, uiPort, startTimeout: '60s', access: 'http', workers: 1 },
    containerImage: baseImage(),
  });
  await writeFile(join(cwd, 'loadwright.config.json'), JSON.stringify(configuration));
  await writeFile(join(cwd, 'workflow.json'), JSON.stringify(workflow));
  const environment = { ...variablesFor(aws), LOADWRIGHT_STATE_DIR: join(cwd, 'state') };
  const start = (...more: string[]) =>
    new Command(['workflow', 'run', 'workflow.json', '--yes', '--no-live', ...more], { cwd, environment });
  return { aws, containers, own, machines, rings, cwd, start };
}

type World = Awaited<ReturnType<typeof makeWorld>>;

/** When a command ends by itself, whoever waits for a moment of it waits no longer. */
const alive = (command: Command) =>
  command.ended.then(() => {
    throw new Error(`it ended by itself:\n${command.stdout}${command.stderr}`);
  });

/** Kills it when AWS is asked for this. */
const killAt = ({ aws }: World, command: Command, at: string, when: 'before' | 'after') =>
  new Promise<void>((resolve) => {
    aws.inject({
      at,
      fault: { kind: 'kill', when, callback: () => resolve(void command.child.kill('SIGKILL')) },
    });
  });

const withinLoad = (index: number) => async (world: World, command: Command) => {
  await command.shows(`run ${protocols[index]} …`);
  // The preflight asks for one item, and a load for many.
  const { requests } = world.rings[index]!.statistics();
  await Promise.race([
    alive(command),
    expect
      .poll(() => world.rings[index]!.statistics().requests - requests, { timeout: 120_000 })
      .toBeGreaterThan(5),
  ]);
  command.child.kill('SIGKILL');
};

/** A step each, and what kills the command in the middle of it. */
const steps: Readonly<Record<string, (world: World, command: Command) => Promise<unknown>>> = {
  // Its machines are known by then: of one whose launch was not answered AWS is asked for a minute.
  'deploy lab': (world, command) => killAt(world, command, 'ecs:CreateService', 'after'),
  'run koorde': withinLoad(0),
  'run chord': withinLoad(1),
  'compare both': async (world, command) => {
    // Should the command be faster than this test: no machine has gone yet.
    const removal = killAt(world, command, 'ec2:TerminateInstances', 'before');
    await Promise.race([removal, command.shows('compare both …')]);
    command.child.kill('SIGKILL');
  },
  'destroy lab': (world, command) => killAt(world, command, 'ec2:TerminateInstances', 'after'),
};
const ids = Object.keys(steps);

/** The reports there are, by the name of their run, as they are on the disk. */
async function reportsOf({ cwd }: World): Promise<Map<string, string[]>> {
  const files = await readdir(join(cwd, 'results'), { recursive: true }).catch(() => []);
  const reports = new Map<string, string[]>();
  for (const file of files.filter((one) => one.endsWith('summary.json')).sort()) {
    const run = file.split('/', 1)[0]!;
    reports.set(run, [...(reports.get(run) ?? []), await readFile(join(cwd, 'results', file), 'utf8')]);
  }
  return reports;
}

it('goes on with a fleet on ECS where its process was killed, in each step once, and leaves nothing', async () => {
  const world = await makeWorld();
  const { aws, containers, own, machines, start } = world;
  const before = await own();
  let reports = new Map<string, string[]>();
  for (const [index, [id, kill]] of Object.entries(steps).entries()) {
    const command = start(...(index === 0 ? [] : ['--resume']));
    await Promise.race([alive(command), kill(world, command)]);
    await command.ended;
    aws.withoutFaults();
    const done = ids.slice(0, Math.max(0, index - 1)).map((one) => expect.stringContaining(one) as string);
    const known = command.stdout.split('\n').filter((line) => line.includes('(done before)'));
    expect(known, `killed in ${id}`).toEqual(done);
    // What was measured stays as it was.
    const later = await reportsOf(world);
    for (const [run, texts] of reports) expect(later.get(run)).toEqual(texts);
    reports = later;
  }
  expect([...reports].map(([run, { length }]) => `${run} ${length}`)).toEqual(['chord 1', 'koorde 1']);
  expect(machines).toHaveLength(2);

  const last = start('--resume', '--json');
  const exitCode = await last.ended;
  expect({ exitCode, stderr: last.stderr }).toEqual({ exitCode: 0, stderr: last.stderr });
  const printed = JSON.parse(last.stdout) as {
    readonly actions: readonly { readonly id: string; readonly state: string }[];
  };
  expect(printed.actions.map(({ id, state }) => `${state} ${id}`)).toEqual(ids.map((id) => `done ${id}`));
  expect(await reportsOf(world)).toEqual(reports);
  for (const [text = ''] of reports.values())
    expect((JSON.parse(text) as RunReport).verdict, text.slice(0, 2000)).toBe('PASS');
  expect(machines).toHaveLength(2);
  expect(containers.failures).toEqual([]);
  expect(await own()).toEqual(before);
}, 360_000);
