import { LoadwrightError } from '../errors.js';
import { Problems } from '../validation/problems.js';
import type { RunSetup, Workflow, WorkflowStep } from './schema.js';

interface ActionBase {
  /** Names it in the journal: `run koorde`. */
  readonly id: string;
  /** Also after a failure. */
  readonly always: boolean;
}

/** One thing that a workflow does, of which it is known whether it was done. */
export type Action = ActionBase &
  (
    | { readonly kind: 'deploy'; readonly fleet: string; readonly setup: RunSetup; readonly keep: boolean }
    | {
        readonly kind: 'run';
        /** The folder of its results. */
        readonly name: string;
        readonly setup: RunSetup;
        /** Absent: a fleet of its own. */
        readonly on?: string;
      }
    | {
        readonly kind: 'compare';
        readonly name: string;
        /** Ids of the runs of each side, in the order in which they were made. */
        readonly baseline: readonly string[];
        readonly candidate: readonly string[];
        readonly failIf: readonly string[];
        readonly require: readonly string[];
        readonly margin?: number;
        readonly power?: number;
      }
    | { readonly kind: 'destroy'; readonly fleet: string }
  );

/**
 * All that a workflow does, in order: a comparison of pairs is many runs.
 *
 * @throws LoadwrightError `CONFIG_INVALID` for names that are not there, or are there twice.
 */
export function planActions(workflow: Workflow): readonly Action[] {
  const problems = new Problems();
  const fleets = new Map<string, { readonly keep: boolean; destroyed: boolean }>();
  const runs = new Set<string>();
  const actions: Action[] = [];
  const wrong = (field: string, message: string) =>
    problems.attempt(() => {
      throw new LoadwrightError('CONFIG_INVALID', `${field}: ${message}`);
    });
  const requireFleet = (name: string | undefined, field: string) => {
    if (name === undefined) return;
    const found = fleets.get(name);
    if (!found) wrong(field, `no step before it deploys "${name}"`);
    else if (found.destroyed) wrong(field, `"${name}" is destroyed before`);
  };
  const add = (action: Action, field: string) => {
    if (actions.some(({ id }) => id === action.id)) wrong(field, `"${action.id}" is there twice`);
    else actions.push(action);
  };

  for (const [index, step] of withConfig(workflow).entries()) {
    const at = `steps[${index}]`;
    switch (step.step) {
      case 'deploy': {
        const { fleet, keep = false } = step;
        fleets.set(fleet, { keep, destroyed: false });
        add(
          { id: `deploy ${fleet}`, kind: 'deploy', always: false, fleet, keep, setup: setupOf(step) },
          `${at}.fleet`,
        );
        break;
      }
      case 'run': {
        requireFleet(step.on, `${at}.on`);
        runs.add(step.name);
        add(runOf(step.name, step, step.on, step.always), `${at}.name`);
        break;
      }
      case 'compare': {
        requireFleet(step.on, `${at}.on`);
        for (const action of comparisonOf(step)) add(action, `${at}.name`);
        for (const side of ['baseline', 'candidate'] as const) {
          const given = step[side];
          if (typeof given === 'string' && !runs.has(given))
            wrong(`${at}.${side}`, `no step before it is a run "${given}"`);
          if ((typeof given === 'string') === (step.pairs !== undefined))
            wrong(
              `${at}.${side}`,
              step.pairs === undefined
                ? 'is a run to be made, and pairs says how often'
                : 'must be a run to be made, { set: … }, where pairs is given',
            );
        }
        break;
      }
      case 'destroy': {
        requireFleet(step.fleet, `${at}.fleet`);
        const found = fleets.get(step.fleet);
        if (found) found.destroyed = true;
        add({ id: `destroy ${step.fleet}`, kind: 'destroy', always: true, fleet: step.fleet }, `${at}.fleet`);
        break;
      }
    }
  }
  for (const [name, { keep, destroyed }] of fleets) {
    if (!keep && !destroyed)
      wrong('steps', `nothing destroys "${name}": add { step: destroy, fleet: ${name} }, or say keep: true`);
  }
  if (problems.found) throw problems.combined();
  return actions;
}

/** The steps, each with the configuration file that it has: with another one it is another step. */
function withConfig({ steps, config }: Workflow): readonly WorkflowStep[] {
  const all = steps as readonly WorkflowStep[];
  if (config === undefined) return all;
  const own = <Setup extends RunSetup>(setup: Setup): Setup => ({ config, ...setup });
  const ownSide = (side: string | RunSetup) => (typeof side === 'string' ? side : own(side));
  return all.map((step) => {
    if (step.step === 'destroy') return step;
    if (step.step !== 'compare') return own(step);
    return { ...step, baseline: ownSide(step.baseline), candidate: ownSide(step.candidate) };
  });
}

const setupOf = ({ config, set }: RunSetup): RunSetup => ({
  ...(config !== undefined && { config }),
  ...(set !== undefined && { set }),
});

function runOf(name: string, setup: RunSetup, on: string | undefined, always = false): Action {
  return {
    id: `run ${name}`,
    kind: 'run',
    always,
    name,
    setup: setupOf(setup),
    ...(on !== undefined && { on }),
  };
}

function comparisonOf(step: Extract<WorkflowStep, { step: 'compare' }>): readonly Action[] {
  const { name, baseline, candidate, pairs, on, failIf = [], require = [], always = false } = step;
  const { margin, power } = step;
  const compare = (sides: Pick<Extract<Action, { kind: 'compare' }>, 'baseline' | 'candidate'>): Action => ({
    ...{ id: `compare ${name}`, kind: 'compare', always, name, failIf, require, ...sides },
    ...(margin !== undefined && { margin }),
    ...(power !== undefined && { power }),
  });
  if (typeof baseline === 'string' || typeof candidate === 'string' || pairs === undefined) {
    const id = (side: string | RunSetup) => [`run ${typeof side === 'string' ? side : ''}`];
    return [compare({ baseline: id(baseline), candidate: id(candidate) })];
  }
  const made = interleaved(pairs).map(({ side, number }) => ({
    side,
    action: runOf(`${name}-${side}-${number}`, side === 'baseline' ? baseline : candidate, on, always),
  }));
  const idsOf = (wanted: Side) => made.filter(({ side }) => side === wanted).map(({ action: { id } }) => id);
  return [
    ...made.map(({ action }) => action),
    compare({ baseline: idsOf('baseline'), candidate: idsOf('candidate') }),
  ];
}

type Side = 'baseline' | 'candidate';

/** Runs of both sides in turn, so that what drifts over the hours cancels: baseline, candidate, candidate, baseline, … */
export function interleaved(pairs: number): { readonly side: Side; readonly number: number }[] {
  return Array.from({ length: pairs }, (_, index) => {
    const pair: readonly Side[] = ['baseline', 'candidate'];
    const order = index % 2 === 0 ? pair : pair.toReversed();
    return order.map((side) => ({ side, number: index + 1 }));
  }).flat();
}
