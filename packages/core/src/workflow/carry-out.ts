import { LoadwrightError } from '../errors.js';
import type { CallOptions } from '../fleet/contract.js';
import type { ExitCode } from '../exit-codes.js';
import { createFleetId, createRunId } from '../run/run-id.js';
import type { Journal } from './journal.js';
import { exitCodeOf, type Outcome } from './outcome.js';
import type { Action } from './plan.js';

type ActionOf<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

/** What makes a fleet: a deployment, or a run that has one of its own. */
export type FleetMaker = ActionOf<'deploy' | 'run'>;

/** What a run is called. */
export interface RunIds {
  readonly runId: string;
  /** The fleet that was deployed for it. */
  readonly on?: string;
  /** The fleet of its own. */
  readonly fleetId?: string;
}

/** What actions are carried out by. Each may be interrupted at any moment, and asked for again with the same ids. */
export interface WorkflowWorld {
  /** Where the fleet of an action is, in words; undefined where it ends with this process. */
  place(action: FleetMaker): Promise<string | undefined>;
  /** Continues with what is there of a fleet of that id. */
  deploy(action: ActionOf<'deploy'>, fleetId: string, options: CallOptions): Promise<Outcome>;
  run(action: ActionOf<'run'>, ids: RunIds, options: CallOptions): Promise<Outcome>;
  /** What a run came to that nobody saw the end of; undefined when it has no report. Ends its load where that goes on. */
  recover(action: ActionOf<'run'>, ids: RunIds): Promise<Outcome | undefined>;
  compare(
    action: ActionOf<'compare'>,
    sides: { readonly baseline: readonly Outcome[]; readonly candidate: readonly Outcome[] },
  ): Promise<Outcome>;
  /** Removes whatever there is of a fleet. */
  destroy(action: ActionOf<'destroy'>, fleetId: string): Promise<Outcome>;
}

/** What happens in a workflow. */
export interface WorkflowEvent {
  readonly action: Action;
  /** `known`: it was done before. `skipped`: because of a failure before it. */
  readonly state: 'started' | 'finished' | 'failed' | 'known' | 'skipped';
  readonly number: number;
  readonly of: number;
  readonly outcome?: Outcome;
  readonly error?: unknown;
}

/** How a workflow is carried out. */
export interface CarryOutOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: WorkflowEvent) => void;
}

/** What a workflow came to. */
export interface WorkflowReport {
  readonly id: string;
  readonly exitCode: ExitCode;
  readonly aborted: boolean;
  /** The first; others stand with their actions. */
  readonly error?: unknown;
  readonly actions: readonly {
    readonly id: string;
    readonly state: 'done' | 'failed' | 'skipped';
    readonly outcome?: Outcome;
  }[];
}

/**
 * Carries out the actions that are not done yet, in order. After a failure, or when it is stopped, only those that are always done
 * are: a fleet is removed whatever happens.
 */
export async function carryOut(
  actions: readonly Action[],
  world: WorkflowWorld,
  journal: Journal,
  { signal, onEvent = () => {} }: CarryOutOptions = {},
): Promise<WorkflowReport> {
  await requireSamePlaces(actions, world, journal);
  await forgetWhatIsGone(actions, world, journal);
  const states: { id: string; state: 'done' | 'failed' | 'skipped'; outcome?: Outcome }[] = [];
  let error: unknown;
  for (const [index, action] of actions.entries()) {
    const tell = (state: WorkflowEvent['state'], more: Partial<WorkflowEvent> = {}) =>
      onEvent({ action, state, number: index + 1, of: actions.length, ...more });
    const { id, always } = action;
    const known = journal.outcome(id);
    if (journal.isDone(id) && known) {
      tell('known', { outcome: known });
      states.push({ id, state: 'done', outcome: known });
      continue;
    }
    if (isNeedless(action, journal) || ((error !== undefined || signal?.aborted) && !always)) {
      tell('skipped');
      states.push({ id, state: 'skipped' });
      continue;
    }
    tell('started');
    try {
      // What is always done is done to its end.
      const outcome = await carryOutOne(action, world, journal, always || !signal ? {} : { signal });
      tell('finished', { outcome });
      states.push({ id, state: 'done', outcome });
    } catch (caught) {
      error ??= caught;
      tell('failed', { error: caught });
      states.push({ id, state: 'failed' });
    }
  }
  const aborted = signal?.aborted ?? false;
  const outcomes = states.flatMap(({ outcome }) => outcome ?? []);
  return {
    id: journal.id,
    exitCode: exitCodeOf(outcomes, error, aborted),
    aborted,
    ...(error !== undefined && { error }),
    actions: states,
  };
}

const deployOf = (fleet: string) => `deploy ${fleet}`;

/** A fleet that was never begun need not be removed, and where none is deployed nothing runs on it. */
function isNeedless(action: Action, journal: Journal): boolean {
  if (action.kind === 'destroy') return journal.entry(deployOf(action.fleet)) === undefined;
  return action.kind === 'run' && action.on !== undefined && !journal.isDone(deployOf(action.on));
}

async function carryOutOne(
  action: Action,
  world: WorkflowWorld,
  journal: Journal,
  options: CallOptions,
): Promise<Outcome> {
  const { id } = action;
  const before = journal.entry(id);
  const done = async (outcome: Outcome, ids: { fleetId?: string; place?: string; runId?: string } = {}) => {
    await journal.write(id, { state: 'done', ...ids, outcome });
    return outcome;
  };
  const fleetIdOf = (fleet: string) => journal.entry(deployOf(fleet))?.fleetId;
  switch (action.kind) {
    case 'deploy': {
      const fleetId = before?.fleetId ?? createFleetId();
      const ids = { fleetId, ...(await placeOf(world, action)) };
      await journal.write(id, { state: 'begun', ...ids });
      return done(await world.deploy(action, fleetId, options), ids);
    }
    case 'run': {
      const on = action.on === undefined ? undefined : fleetIdOf(action.on);
      const where = on === undefined ? {} : { on };
      if (before?.runId !== undefined) {
        const { runId, fleetId } = before;
        const ids = { runId, ...where, ...(fleetId !== undefined && { fleetId }) };
        const recovered = await world.recover(action, ids);
        if (recovered) return done(recovered, { runId });
      }
      const ids = { runId: createRunId(), ...(on === undefined && { fleetId: createFleetId() }) };
      await journal.write(id, {
        state: 'begun',
        ...ids,
        ...(on === undefined && (await placeOf(world, action))),
      });
      return done(await world.run(action, { ...ids, ...where }, options), { runId: ids.runId });
    }
    case 'compare': {
      const outcomes = (ids: readonly string[]) => ids.flatMap((one) => journal.outcome(one) ?? []);
      const { baseline, candidate } = action;
      return done(
        await world.compare(action, { baseline: outcomes(baseline), candidate: outcomes(candidate) }),
      );
    }
    case 'destroy':
      return done(await world.destroy(action, fleetIdOf(action.fleet)!));
  }
}

async function placeOf(world: WorkflowWorld, action: FleetMaker): Promise<{ readonly place?: string }> {
  const place = await world.place(action);
  return place === undefined ? {} : { place };
}

/**
 * A fleet is continued, and removed, where it was begun: elsewhere nobody finds it, and it would stay.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the configuration, or the credentials, lead elsewhere.
 */
async function requireSamePlaces(
  actions: readonly Action[],
  world: WorkflowWorld,
  journal: Journal,
): Promise<void> {
  for (const action of actions) {
    if (action.kind !== 'deploy' && action.kind !== 'run') continue;
    const { place: before, fleetId, state } = journal.entry(action.id) ?? {};
    const isOver = action.kind === 'deploy' ? journal.isDone(`destroy ${action.fleet}`) : state === 'done';
    if (before === undefined || isOver) continue;
    const now = await world.place(action);
    if (now === before) continue;
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `workflow: the fleet ${fleetId} of "${action.id}" is in ${before}, but the configuration leads to ${now ?? 'this machine'}`,
      {
        hint: 'Go on with the region, credentials and configuration that it had; or remove the fleet there, and begin anew without --resume.',
        next: [{ action: 'list-fleets' }],
      },
    );
  }
}

/** A fleet that was removed, or that ended with its process, is made again where something is still to be done on it. */
async function forgetWhatIsGone(
  actions: readonly Action[],
  world: WorkflowWorld,
  journal: Journal,
): Promise<void> {
  for (const action of actions) {
    if (action.kind !== 'deploy' || !journal.entry(action.id)) continue;
    const { id, fleet } = action;
    const destroy = `destroy ${fleet}`;
    const isGone = journal.isDone(destroy) || (await world.place(action)) === undefined;
    const isNeeded = actions.some((one) => one.kind === 'run' && one.on === fleet && !journal.isDone(one.id));
    if (isGone && isNeeded) await journal.forget([id, destroy]);
    else if (isGone && journal.isDone(id) && !journal.isDone(destroy)) {
      await journal.write(destroy, { state: 'done', outcome: { detail: 'it ended with its process' } });
    }
  }
}
