import { mkdtempSync } from 'node:fs';
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

  lasts = async () => this.isLasting;

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
async function until(world: World, journal: Journal): Promise<void> {
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
  const run = carryOut(actions, mortal, journal);
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

  it('that was changed cannot be continued', async () => {
    const path = file();
    await carryOut(actions, new World(), Journal.create(path, 'w', actions));
    await expect(Journal.open(path, actions.slice(1))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(Journal.open(`${path}.other`, actions)).rejects.toMatchObject({
      code: 'RESULTS_UNREADABLE',
    });
  });
});
