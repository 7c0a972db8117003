import { isLoadwrightError, LoadwrightError, messageOf } from '../errors.js';
import type { RunReport } from '../results/summary.js';
import { createRedactor } from '../secrets/redactor.js';
import type { Series } from '../series/resample.js';
import { incrementsOf } from './batch.js';
import type { Exporter, RunLabels } from './contract.js';
import { Delivery } from './delivery.js';
import { callExporter, describeStray, isDeliveryError } from './failures.js';
import { openExporter } from './open.js';
import { prepareExporters } from './prepare.js';
import { allHeard, belongingTo, hearStrayErrors, onBehalfOf } from './stray-errors.js';

/** How long a receiver may take for the end, in milliseconds. */
const endMilliseconds = 30_000;

/** How a run that is over is exported. */
export interface ExportRunOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** What to do about the failure that ended an export. */
function hintOn(failure: unknown): string {
  const again = 'export again: what has arrived counts once';
  if (!isDeliveryError(failure))
    return `Check the address, and ${again}. If it is right, tell the author of the exporter.`;
  return failure.isRetryable
    ? `Check the address, and that a receiver listens there; then ${again}.`
    : `Correct what the receiver refused, and ${again}.`;
}

/** What distinguishes the run of a report. */
const labelsOf = ({ name, runId, target, fleet }: Pick<RunReport, 'name' | 'runId' | 'target' | 'fleet'>) =>
  ({ test: name, runId, target: target.kind, fleet: fleet.kind, labels: target.labels }) satisfies RunLabels;

/**
 * Hands the figures of a run that is over to a receiver, as they would have been while it went on: second by second, with the
 * times of then.
 *
 * @param series What `readSeries` gave.
 * @returns How many seconds were handed over.
 * @throws LoadwrightError `CONFIG_INVALID`, `CREDENTIALS_INVALID`; `EXPORT_FAILED` with what the receiver said
 */
export async function exportRun(
  exporter: Exporter,
  series: Series,
  report: RunReport,
  { environment = process.env, signal = new AbortController().signal }: ExportRunOptions = {},
): Promise<number> {
  const [prepared] = prepareExporters([exporter], environment);
  const { definition, options, title, hidden } = prepared!;
  if (definition.isLiveOnly) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `${definition.kind} takes no times: a past run cannot be sent to it.`,
      {
        hint: 'Export while the load runs, as one of the exporters of the run.',
      },
    );
  }
  const startedAt = Date.parse(series.header.startedAt);
  const redact = createRedactor(hidden);
  const run = labelsOf(report);
  const strayed = new Set<string>();
  const hear = (error: unknown) => void strayed.add(describeStray(title, error, redact));
  const hearNoMore = hearStrayErrors();
  let seconds = 0;
  let delivery: Delivery | undefined;
  try {
    const open = () => onBehalfOf(hear, () => openExporter(prepared!, { run, startedAt }));
    delivery = new Delivery(belongingTo(hear, callExporter(title, open, redact)), {
      ...{ title, redact },
      everySeconds: callExporter(title, () => definition.everySeconds?.(options) ?? 1, redact),
      onTrouble: () => {},
      // Nobody waits for a load here: what does not work is reported at once.
      attempts: 3,
    });
    let time = startedAt;
    for (const increment of incrementsOf(series, report)) {
      signal.throwIfAborted();
      await delivery.deliver(increment);
      time = increment.to;
      seconds += 1;
    }
    const over = AbortSignal.any([signal, AbortSignal.timeout(endMilliseconds)]);
    const losses = await delivery.finish({ verdict: report.verdict, time: time + 1 }, over);
    await allHeard();
    losses.push(...strayed);
    if (losses.length > 0) throw new Error(losses.join(' '));
    return seconds;
  } catch (error) {
    await delivery?.abandon();
    if (signal.aborted) throw new LoadwrightError('ABORTED', 'The export was stopped.', { cause: error });
    if (isLoadwrightError(error)) throw error;
    throw new LoadwrightError('EXPORT_FAILED', `After ${seconds} seconds of the run: ${messageOf(error)}`, {
      hint: hintOn(delivery?.failure),
      cause: error,
    });
  } finally {
    hearNoMore();
  }
}
