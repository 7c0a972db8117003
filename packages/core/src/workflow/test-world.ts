import { resolve } from 'node:path';
import { compareRuns } from '../compare/compare.js';
import type { Comparison } from '../compare/contract.js';
import { readComparedRun, readRunReport } from '../compare/read-run.js';
import type { ComparedSides } from '../compare/render/html.js';
import { LoadwrightError } from '../errors.js';
import type { CallOptions, Fleet, FleetHandle } from '../fleet/contract.js';
import { OpenedFleet } from '../fleet/opened-fleet.js';
import type { RunReport } from '../results/summary.js';
import type { LoadTest } from '../run/contract.js';
import type { OnProgress } from '../run/events.js';
import { formatFigure } from '../values/format.js';
import type { FleetMaker, RunIds, WorkflowWorld } from './carry-out.js';
import type { Outcome } from './outcome.js';
import type { Action } from './plan.js';
import type { RunSetup } from './schema.js';

type ActionOf<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

/** What a step comes down to. */
export interface ResolvedTest {
  readonly test: LoadTest;
  readonly fleet: Fleet;
  /** Parent of `{name}/{runId}/`, as an absolute path. */
  readonly resultsDirectory: string;
}

/** What a {@link TestWorld} works with. */
export interface TestWorldOptions {
  /**
   * Makes the test of a step, and its fleet. May be called several times for one step.
   *
   * @param name The folder of its results. Absent: of a deployment.
   */
  readonly resolve: (setup: RunSetup, name?: string) => Promise<ResolvedTest>;
  readonly onProgress?: OnProgress;
  /** Called with each comparison and the runs of both sides; the step ends when it returns. */
  readonly onComparison?: (
    name: string,
    comparison: Comparison,
    sides: ComparedSides,
  ) => void | Promise<void>;
}

/** Carries out the actions of a workflow with tests and fleets. */
export class TestWorld implements WorkflowWorld {
  readonly #options: TestWorldOptions;
  /** By the workflow's own name: a fleet that ends with this process is known to its own object alone. */
  readonly #fleets = new Map<string, Fleet>();
  readonly #handles = new Map<string, FleetHandle>();
  /** What deploys a fleet, by its name. */
  readonly #deploys: ReadonlyMap<string, ActionOf<'deploy'>>;

  constructor(actions: readonly Action[], options: TestWorldOptions) {
    this.#options = options;
    this.#deploys = new Map(
      actions.flatMap((action) => (action.kind === 'deploy' ? [[action.fleet, action] as const] : [])),
    );
  }

  async place(action: FleetMaker): Promise<string | undefined> {
    const { lasting, kind } =
      action.kind === 'deploy'
        ? await this.#fleetOf(action.fleet)
        : (await this.#options.resolve(action.setup, action.name)).fleet;
    return lasting && `${kind}, ${(await lasting.place()).description}`;
  }

  async deploy(action: ActionOf<'deploy'>, fleetId: string, options: CallOptions): Promise<Outcome> {
    const { test, resultsDirectory } = await this.#options.resolve(action.setup);
    const { handle } = await test.deploy({
      fleet: await this.#fleetOf(action.fleet),
      fleetId,
      resultsDirectory,
      ...this.#watched(options),
    });
    this.#handles.set(action.fleet, handle);
    return { detail: `${fleetId}, ${handle.expectedWorkers} workers` };
  }

  async run(action: ActionOf<'run'>, { runId, on, fleetId }: RunIds, options: CallOptions): Promise<Outcome> {
    const { test, fleet, resultsDirectory } = await this.#options.resolve(action.setup, action.name);
    const report = await test.run({
      fleet: action.on === undefined ? fleet : await this.#fleetOf(action.on),
      runId,
      resultsDirectory,
      ...(on !== undefined && { on }),
      ...(fleetId !== undefined && { fleetId }),
      ...this.#watched(options),
    });
    if (!report.aborted) return outcomeOf(report);
    throw new LoadwrightError('ABORTED', `The run ${action.name} was stopped.`, {
      hint: 'It is made again when the workflow is continued.',
    });
  }

  async recover(action: ActionOf<'run'>, { runId, on, fleetId }: RunIds): Promise<Outcome | undefined> {
    const { test, fleet, resultsDirectory } = await this.#options.resolve(action.setup, action.name);
    const report = await readRunReport(resolve(resultsDirectory, test.name, runId)).catch(() => undefined);
    if (on === undefined && fleetId !== undefined) await removeAll(fleet, fleetId);
    if (report && !report.aborted) return outcomeOf(report);
    if (action.on === undefined || on === undefined) return undefined;
    const fleetOfRun = await this.#fleetOf(action.on);
    // Its load may go on, and nobody judges it any more.
    await new OpenedFleet(await fleetOfRun.open(on), fleetOfRun).stop();
    return undefined;
  }

  async compare(
    { name, failIf, require, margin, power }: ActionOf<'compare'>,
    sides: { readonly baseline: readonly Outcome[]; readonly candidate: readonly Outcome[] },
  ): Promise<Outcome> {
    const [baseline, candidate] = await Promise.all([readAll(sides.baseline), readAll(sides.candidate)]);
    const comparison = compareRuns(baseline, candidate, {
      ...{ failIf, require },
      ...(margin !== undefined && { margin }),
      ...(power !== undefined && { power }),
    });
    await this.#options.onComparison?.(name, comparison, { baseline, candidate });
    const { verdict, reasons } = comparison;
    const detail = reasons.join(' ') || `${baseline.length} against ${candidate.length} runs, no condition`;
    return { ...(verdict && { verdict }), detail };
  }

  async destroy({ fleet: name }: ActionOf<'destroy'>, fleetId: string): Promise<Outcome> {
    const fleet = await this.#fleetOf(name);
    if (fleet.lasting) {
      await removeAll(fleet, fleetId);
      return { detail: 'nothing is left' };
    }
    const { remaining } = (await this.#handles.get(name)?.destroy()) ?? { remaining: [] };
    requireNothing(remaining, fleetId);
    return { detail: 'nothing is left' };
  }

  async #fleetOf(name: string): Promise<Fleet> {
    const known = this.#fleets.get(name);
    if (known) return known;
    const { fleet } = await this.#options.resolve(this.#deploys.get(name)?.setup ?? {});
    this.#fleets.set(name, fleet);
    return fleet;
  }

  #watched({ signal }: CallOptions) {
    const { onProgress } = this.#options;
    return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  }
}

async function removeAll({ lasting }: Fleet, fleetId: string): Promise<void> {
  const { remaining } = (await lasting?.destroy(fleetId)) ?? { remaining: [] };
  requireNothing(remaining, fleetId);
}

function requireNothing(remaining: readonly string[], fleetId: string): void {
  if (remaining.length === 0) return;
  throw new LoadwrightError('RESOURCES_REMAIN', `Not everything could be removed:\n${remaining.join('\n')}`, {
    hint: 'Fix the cause, then continue the workflow, or remove the fleet.',
    next: [{ action: 'destroy-fleet', fleetId }],
  });
}

function outcomeOf({ verdict, total, resultsDirectory }: RunReport): Outcome {
  const rate =
    total.requestsPerSecond === null ? 'no throughput' : `${formatFigure(total.requestsPerSecond)}/s`;
  const detail = `${rate}, p95 ${formatFigure(total.p95)} ms, ${formatFigure(total.failureRate * 100)} % failed`;
  return { verdict, detail, directory: resultsDirectory };
}

const readAll = (outcomes: readonly Outcome[]) =>
  Promise.all(outcomes.map(({ directory = '' }) => readComparedRun(directory)));
