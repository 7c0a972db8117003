import type { MasterStatistics } from '../locust/statistics.js';
import type { RunSeries } from '../measure/run-series.js';
import type { Problem, RunReport } from '../results/summary.js';
import { timeFor } from '../run/hurry.js';
import type { Fleet } from '../fleet/contract.js';
import type { PreparedTest } from '../run/prepare.js';
import { createRedactor, redactStrings } from '../secrets/redactor.js';
import type { RunLabels } from './contract.js';
import { Delivery } from './delivery.js';
import { describeFailure, describeStray } from './failures.js';
import { openExporter } from './open.js';
import type { PreparedExporter } from './prepare.js';
import { allHeard, belongingTo, hearStrayErrors, onBehalfOf } from './stray-errors.js';

/** How long what waits may take after the end, in milliseconds: whoever waits for the verdict waits for it. */
const flushMilliseconds = 10_000;

/** What the exports of a run need. */
export interface RunExportsOptions {
  readonly exporters: readonly PreparedExporter[];
  readonly run: RunLabels;
  readonly series: RunSeries;
  /** Removes the secrets of the run. */
  readonly redact: (text: string) => string;
  readonly onTrouble: (message: string) => void;
}

type Reading = Pick<MasterStatistics, 'time' | 'test' | 'userCount' | 'inFlight' | 'workers' | 'metrics'>;

/** Hands the figures of a run to every receiver while it lasts. Nothing of it throws, or waits for a receiver before the end. */
export class RunExports {
  readonly #options: RunExportsOptions;
  #deliveries: readonly Delivery[] = [];
  /** What could not even be opened. */
  readonly #broken: string[] = [];
  /** What was thrown beside a delivery, a sentence each. */
  readonly #strayed = new Set<string>();
  #hearNoMore: (() => void) | undefined;
  #until: number | undefined;

  constructor(options: RunExportsOptions) {
    this.#options = options;
  }

  /** What has come since the last reading. */
  add({ time, test, userCount, inFlight, workers, metrics }: Reading): void {
    const { series, redact, exporters } = this.#options;
    if (!test || exporters.length === 0) return;
    const startedAt = Math.round(test.startedAt * 1000);
    if (this.#until === undefined) this.#open(startedAt);
    const from = this.#until ?? startedAt;
    // Two readings may be of the same moment: receivers that know a point by its time would keep only one of them.
    const to = Math.max(Math.round(time * 1000), from + 1);
    this.#until = to;
    const rows = series.takeIncrements().map((row) => ({ ...row, name: redact(row.name) }));
    const state = { users: userCount, inFlight: inFlight.count, workers: workers.length };
    for (const delivery of this.#deliveries) delivery.offer({ from, to, rows, state, metrics });
  }

  /**
   * Delivers what waits, for some seconds.
   *
   * @param leave comes when the user wants to leave
   * @returns what did not arrive
   */
  async finish({ verdict }: Pick<RunReport, 'verdict'>, leave: AbortSignal): Promise<Problem[]> {
    const time = (this.#until ?? Date.now()) + 1;
    const over = timeFor(flushMilliseconds, leave);
    const losses = await Promise.all(
      this.#deliveries.map(async (delivery) => delivery.finish({ verdict, time }, over)),
    );
    this.#deliveries = [];
    await allHeard();
    return [...this.#broken, ...losses.flat(), ...this.#strayed].map((reason) => ({
      rule: 'exporter',
      reason,
    }));
  }

  /** Leaves at once, where there is no verdict. */
  async abandon(): Promise<void> {
    await Promise.all(this.#deliveries.map(async (delivery) => delivery.abandon()));
    this.#deliveries = [];
  }

  /** Comes last, when the run is over: errors of exporters that nobody hears end the process from now on. */
  release(): void {
    this.#hearNoMore?.();
  }

  #open(startedAt: number): void {
    this.#hearNoMore = hearStrayErrors();
    const { exporters, redact, onTrouble } = this.#options;
    const redactHidden = createRedactor(exporters.flatMap(({ hidden }) => hidden));
    const redactAll = (text: string) => redact(redactHidden(text));
    const run = redactStrings(this.#options.run, redact);
    this.#deliveries = exporters.flatMap((exporter) => {
      const { definition, options, title } = exporter;
      const hear = (error: unknown) => {
        const reason = describeStray(title, error, redactAll);
        if (!this.#strayed.has(reason)) onTrouble(reason);
        this.#strayed.add(reason);
      };
      try {
        const opened = onBehalfOf(hear, () => openExporter(exporter, { run, startedAt }));
        return [
          new Delivery(belongingTo(hear, opened), {
            ...{ title, onTrouble },
            redact: redactAll,
            everySeconds: definition.everySeconds?.(options) ?? 1,
          }),
        ];
      } catch (error) {
        const why = describeFailure(error, redactAll);
        this.#broken.push(`Nothing was delivered to ${title}: ${why}`);
        onTrouble(`${title}: ${why}`);
        return [];
      }
    });
  }
}

/** What distinguishes a run that has just begun. */
export const runLabelsOf = (
  { name, definition, targetOptions }: PreparedTest,
  runId: string,
  { kind }: Pick<Fleet, 'kind'>,
): RunLabels => ({
  ...{ test: name, runId, target: definition.kind, fleet: kind },
  labels: definition.labels?.(targetOptions) ?? {},
});

/** A report with what else must be known beside its verdict. */
export function withWarnings(report: RunReport, more: readonly Problem[]): RunReport {
  return more.length === 0 ? report : { ...report, warnings: [...(report.warnings ?? []), ...more] };
}
