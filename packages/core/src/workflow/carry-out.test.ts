import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LoadwrightError } from '../errors.js';
import { carryOut, type WorkflowWorld } from './carry-out.js';
import { Journal } from './journal.js';
import { planActions } from './plan.js';
import type { Workflow } from './schema.js';

const workflow: Workflow = {
  name: 'koorde-vs-chord',
  steps: [
    { step: 'deploy', fleet: 'lab' },
    { step: 'run', name: 'koorde', on: 'lab', set: { protocol: 'koorde' } },
    { step: 'run', name: 'chord', on: 'lab', set: { protocol: 'chord' } },
    { step: 'compare', name: 'both', baseline: 'koorde', candidate: 'chord' },
    { step: 'destroy', fleet: 'lab' },
  ],
};
const actions = planActions(workflow);
const ids = actions.map(({ id }) => id);

/** The process ends: nothing that comes later happens. */
class Killed extends Error {}

type Moment = 'before' | 'after';

/** Fleets and runs that outlive whoever makes them, unless the kind does not. */
class World implements WorkflowWorld {
  readonly fleets = new Set<string>();
  readonly reports = new Map<string, string>();
  /** What was done to its end, in order. */
  done: string[] = [];
  stopped: string[] = [];
  /** Where the process is killed: before the action is done, or after it, when nobody has written that down. */
  killAt: { readonly id: string; readonly moment: Moment } | undefined;
  failAt: string | undefined;
  verdict: 'PASS' | 'FAIL' | 'INVALID' = 'PASS';

  constructor(readonly isLasting = true) {}

  /** Where fleets are now made and found. */
  region = 'here';

  place = async () => (this.isLasting ? this.region : undefined);

  deploy: WorkflowWorld['deploy'] = ({ id }, fleetId) =>
    this.#do(id, () => {
      this.fleets.add(fleetId);
      return { detail: 'deployed' };
    });

  run: WorkflowWorld['run'] = ({ id }, { runId, on }) =>
    this.#do(id, () => {
      if (on !== undefined && !this.fleets.has(on)) throw new Error(`${on} is not there`);
      this.reports.set(runId, id);
      return { verdict: this.verdict, detail: 'measured', directory: runId };
    });

  recover: WorkflowWorld['recover'] = async (_, { runId, on }) => {
    if (this.reports.has(runId)) return { verdict: 'PASS', detail: 'measured', directory: runId };
    this.stopped.push(on ?? 'own');
    return undefined;
  };

  compare: WorkflowWorld['compare'] = ({ id }, { baseline, candidate }) =>
    this.#do(id, () => {
      expect([baseline.length, candidate.length]).toEqual([1, 1]);
      return { detail: 'compared' };
    });

  destroy: WorkflowWorld['destroy'] = ({ id }, fleetId) =>
    this.#do(id, () => {
      this.fleets.delete(fleetId);
      return { detail: 'gone' };
    });

  /** What ends with the process. */
  endProcess(): void {
    if (!this.isLasting) this.fleets.clear();
  }

  async #do<Result>(id: string, act: () => Result): Promise<Result> {
    const isHere = (moment: Moment) => this.killAt?.id === id && this.killAt.moment === moment;
    if (isHere('before')) throw new Killed();
    if (this.failAt === id) throw new LoadwrightError('PROVISIONING_FAILED', `${id} failed`);
    const result = act();
    this.done.push(id);
    if (isHere('after')) throw new Killed();
    return result;
  }
}

const file = () => join(mkdtempSync(join(tmpdir(), 'loadwright-workflow-')), 'journal.json');

/** Carries it out until the process is killed: a kill ends it at once, without what is always done. */
async function until(world: World, journal: Journal, all = actions): Promise<void> {
  const mortal = new Proxy(world, {
    get: (target, name: keyof World) => {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return async (...values: never[]) => {
        try {
          return await (member as (...all: never[]) => unknown).apply(target, values);
        } catch (error) {
          // Whoever waits for it waits for ever, as for a process that is gone.
          if (error instanceof Killed) await new Promise<never>((_, reject) => (kill = () => reject(error)));
          throw error;
        }
      };
    },
  });
  let kill: (() => void) | undefined;
  const run = carryOut(all, mortal, journal);
  while (kill === undefined) await new Promise(setImmediate);
  void run.catch(() => {});
}

describe('a workflow', () => {
  it('does each step once, in order', async () => {
    const world = new World();
    const events: string[] = [];
    const report = await carryOut(actions, world, Journal.create(file(), 'w', actions), {
      onEvent: ({ action, state }) => events.push(`${state} ${action.id}`),
    });
    expect(report).toMatchObject({ exitCode: 0, aborted: false });
    expect(world.done).toEqual(ids);
    expect(world.fleets.size).toBe(0);
    expect(events).toEqual(ids.flatMap((id) => [`started ${id}`, `finished ${id}`]));
  });

  const kills = ids.flatMap((id) => (['before', 'after'] as const).map((moment) => ({ id, moment })));
  it.each(kills)('killed $moment $id is continued, and leaves nothing', async (killAt) => {
    const world = new World();
    world.killAt = killAt;
    const path = file();
    await until(world, Journal.create(path, 'w', actions));
    world.killAt = undefined;
    const report = await carryOut(actions, world, await Journal.open(path, actions));
    expect(report.exitCode).toBe(0);
    expect(world.fleets.size).toBe(0);
    const measured = world.done.filter((id) => id.startsWith('run'));
    expect(measured).toEqual(['run koorde', 'run chord']);
    // What can be repeated without harm may be, where nobody knew that it was done: the same fleet is deployed and removed.
    const repeated = world.done.filter((id, index) => world.done.indexOf(id) !== index);
    expect(repeated.every((id) => id === killAt.id && killAt.moment === 'after')).toBe(true);
  });

  it.each(ids)(
    'of a kind that ends with its process, killed after %s, deploys again only where it must',
    async (id) => {
      const world = new World(false);
      world.killAt = { id, moment: 'after' };
      const path = file();
      await until(world, Journal.create(path, 'w', actions));
      world.killAt = undefined;
      world.endProcess();
      const report = await carryOut(actions, world, await Journal.open(path, actions));
      expect(report.exitCode).toBe(0);
      expect(world.fleets.size).toBe(0);
      const runsLeft = ids.indexOf(id) <= ids.indexOf('run chord');
      expect(world.done.filter((one) => one === 'deploy lab')).toHaveLength(runsLeft ? 2 : 1);
      expect(world.done.filter((one) => one.startsWith('run'))).toHaveLength(2);
    },
  );

  it.each(ids.slice(0, 4))(
    'that fails at %s removes its fleet, and is continued with another',
    async (id) => {
      const world = new World();
      world.failAt = id;
      const path = file();
      const failed = await carryOut(actions, world, Journal.create(path, 'w', actions));
      expect(failed.exitCode).toBe(97);
      expect(world.fleets.size).toBe(0);
      world.failAt = undefined;
      const report = await carryOut(actions, world, await Journal.open(path, actions));
      expect(report.exitCode).toBe(0);
      expect(world.fleets.size).toBe(0);
      expect(world.done.filter((one) => one === 'run koorde')).toHaveLength(1);
    },
  );

  it('that is stopped removes its fleet, and says that it was stopped', async () => {
    const world = new World();
    const controller = new AbortController();
    const report = await carryOut(actions, world, Journal.create(file(), 'w', actions), {
      signal: controller.signal,
      onEvent: ({ action, state }) => {
        if (state === 'finished' && action.id === 'run koorde') controller.abort();
      },
    });
    expect(report).toMatchObject({ exitCode: 105, aborted: true });
    expect(world.done).toEqual(['deploy lab', 'run koorde', 'destroy lab']);
  });

  it.each([
    ['FAIL', 99],
    ['INVALID', 96],
  ] as const)('ends with the code of its worst verdict: %s', async (verdict, exitCode) => {
    const world = new World();
    world.verdict = verdict;
    const report = await carryOut(actions, world, Journal.create(file(), 'w', actions));
    expect(report.exitCode).toBe(exitCode);
    expect(world.done).toEqual(ids);
  });

  it('runs nothing where no fleet is deployed for it, whatever is always done', async () => {
    const after = planActions({
      name: 'w',
      steps: [
        { step: 'run', name: 'first' },
        { step: 'deploy', fleet: 'lab' },
        { step: 'run', name: 'second', on: 'lab', always: true },
        { step: 'destroy', fleet: 'lab' },
      ],
    });
    for (const failAt of ['run first', 'deploy lab']) {
      const world = Object.assign(new World(), { failAt });
      const report = await carryOut(after, world, Journal.create(file(), 'w', after));
      expect(report.exitCode).toBe(97);
      expect(report.actions.find(({ id }) => id === 'run second')?.state).toBe('skipped');
      expect(world.done).not.toContain('run second');
      expect(world.fleets.size).toBe(0);
    }
  });

  it('continues, and removes, its fleets where they were begun alone', async () => {
    const own = planActions({ name: 'w', steps: [{ step: 'run', name: 'own' }] });
    for (const [all, killed] of [
      [actions, 'deploy lab'],
      [actions, 'run koorde'],
      [own, 'run own'],
    ] as const) {
      const world = new World();
      world.killAt = { id: killed, moment: 'after' };
      const path = file();
      await until(world, Journal.create(path, 'w', all), all);
      const done = [...world.done];
      Object.assign(world, { killAt: undefined, region: 'elsewhere' });
      await expect(carryOut(all, world, await Journal.open(path, all))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/is in here, but the configuration leads to elsewhere$/),
      });
      expect(world.done).toEqual(done);
      world.region = 'here';
      expect((await carryOut(all, world, await Journal.open(path, all))).exitCode).toBe(0);
      expect(world.fleets.size).toBe(0);
      // What is over is looked for nowhere.
      world.region = 'elsewhere';
      expect((await carryOut(all, world, await Journal.open(path, all))).exitCode).toBe(0);
    }
  });

  it('is carried out by one process at a time', async () => {
    const path = file();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      writeFileSync(`${path}.pid`, String(other.pid));
      await expect(Journal.create(path, 'w', actions).claim()).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: `workflow: the process ${other.pid} carries out w`,
        hint: expect.stringContaining(`remove ${path}.pid`),
      });
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    const release = await Journal.create(path, 'w', actions).claim();
    await release();
    expect(existsSync(`${path}.pid`)).toBe(false);
  });

  it('that has another configuration file is another one', async () => {
    const path = file();
    const other = planActions({ ...workflow, config: 'other.yaml' });
    await carryOut(actions, new World(), Journal.create(path, 'w', actions));
    await expect(Journal.open(path, other)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('that was changed cannot be continued', async () => {
    const path = file();
    await carryOut(actions, new World(), Journal.create(path, 'w', actions));
    await expect(Journal.open(path, actions.slice(1))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(Journal.open(`${path}.other`, actions)).rejects.toMatchObject({
      code: 'RESULTS_UNREADABLE',
    });
  });
});
