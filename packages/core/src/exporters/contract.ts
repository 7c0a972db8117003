import type { MetricDefinition } from '../locust/statistics.js';
import type { Verdict } from '../results/summary.js';
import type { SeriesRow } from '../series/rows.js';
import type { OptionsSchema } from '../target/options-schema.js';

/** What distinguishes a run from others, wherever its figures go. */
export interface RunLabels {
  /** The test's name. */
  readonly test: string;
  readonly runId: string;
  /** Kind of the target: `sagemaker`. */
  readonly target: string;
  /** Kind of the fleet: `local`. */
  readonly fleet: string;
  /** The target's labels, for instance `{ protocol: 'koorde' }`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What the load was at the end of an interval. */
export interface LoadState {
  readonly users: number;
  /** Requests that were due and had not ended. */
  readonly inFlight: number;
  /** Load-generating processes that answered. */
  readonly workers: number;
}

/** What happened in one interval of a run. The rows of all batches add up to the summary of the run, exactly. */
export interface ExportBatch {
  /** Beginning and end of the interval, Unix time in whole milliseconds. */
  readonly from: number;
  readonly to: number;
  /**
   * What was counted since the batch before: one row for each request name, and one without a name for dropped requests and
   * metrics of the run as a whole. Counts and buckets are increments; minimum and maximum of a trend are bounds. `second` says
   * nothing.
   */
  readonly rows: readonly SeriesRow[];
  /** The same since the run began, this batch included: what a receiver of growing counters wants. Exact in all members. */
  readonly totals: readonly SeriesRow[];
  /** Undefined: not known, at seconds that no report has. */
  readonly state: LoadState | undefined;
  /** Kind, unit and description of each metric, by name. */
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
}

/** What surrounds an exporter. */
export interface ExporterContext {
  readonly run: RunLabels;
  /** Unix time in milliseconds at which the load began. */
  readonly startedAt: number;
  /** Secrets by the name of their variable: those that {@link ExporterDefinition.variables} names, and that are set. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The end of a run. */
export interface ExportEnd {
  readonly verdict: Verdict;
  /** Unix time in milliseconds. */
  readonly time: number;
}

/** A connection to a receiver. */
export interface OpenExporter {
  /**
   * Hands over one batch. It is called for one batch after another, never for two at once, and again with the same batch after a
   * {@link DeliveryError} that may pass: what arrives twice must count once.
   *
   * @param signal comes when it takes too long
   * @throws DeliveryError
   */
  write(batch: ExportBatch, signal: AbortSignal): Promise<void>;
  /**
   * Ends the connection, whether all was delivered or not.
   *
   * @param end Undefined: the run has no verdict.
   */
  close(end: ExportEnd | undefined, signal: AbortSignal): Promise<void>;
}

/** Where a run's figures go while it lasts, or afterwards. Version 1 of the contract. */
export interface ExporterDefinition<Input = unknown, Options = unknown> {
  readonly specificationVersion: 1;
  /** Unique name, lower case with hyphens: `prometheus-remote-write`. */
  readonly kind: string;
  /** What receives the figures, in one line. */
  readonly summary: string;
  /** The schema of its options. It must have `url`, where `--export KIND=URL` is to work. Never a secret. */
  readonly options: OptionsSchema<Input, Options>;
  /** True: its receiver takes no times, so that a run cannot be sent afterwards. Default false. */
  readonly isLiveOnly?: boolean;
  /** Seconds that are put together before they are sent. Default 1. */
  everySeconds?(options: Options): number;
  /** The environment variables that hold its secrets; a `required` one that is not set ends the run before it begins. */
  variables?(options: Options): readonly { readonly name: string; readonly required: boolean }[];
  /**
   * Called before a run begins, to find out whether it can be exported at all: whether a file is there already. Must change nothing
   * and not use the network. Default: nothing is looked at.
   *
   * @throws LoadwrightError which ends the run
   */
  check?(options: Options): void;
  /** Called once, before the first batch; must not use the network. What fails later is reported by `write`. */
  open(options: Options, context: ExporterContext): OpenExporter;
}

/** An exporter with its options. */
export interface Exporter {
  readonly definition: ExporterDefinition;
  readonly options: unknown;
}

/** Makes an {@link Exporter}: `statsd({ url: 'udp://127.0.0.1:8125' })`. The default export of an exporter plugin. */
export interface ExporterFactory<Input = unknown, Options = unknown> {
  (options: Input): Exporter;
  readonly definition: ExporterDefinition<Input, Options>;
}

/** A batch was not delivered. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** True: the same batch may be taken later. */
  readonly isRetryable: boolean;

  constructor(message: string, { isRetryable }: { readonly isRetryable: boolean }) {
    super(message);
    this.isRetryable = isRetryable;
  }
}

/** Turns a definition into a factory: the one call that an exporter's module makes. */
export function defineExporter<Input, Options>(
  definition: ExporterDefinition<Input, Options>,
): ExporterFactory<Input, Options> {
  const factory = (options: Input) => ({ definition: definition as ExporterDefinition, options });
  return Object.assign(factory, { definition });
}
