import type { CountComparison, FigureSeries } from '../target/observation-contract.js';

/** What the service reported of itself during the load (`--observe`). Contradictions of its counts alone change a verdict. */
export interface ObservedService {
  readonly readings: { readonly good: number; readonly failed: number };
  readonly figures: readonly ObservedFigure[];
  readonly events: readonly ObservedEvent[];
  /** What could not be observed, a sentence each. */
  readonly notes: readonly string[];
  /** Its counts beside those of the load; absent where the target compares none, or could not. */
  readonly comparison?: CountComparison | undefined;
  /** Where the mean time of a request went; absent where the target's service does not say its part. */
  readonly latency?: LatencySplit | undefined;
}

/** The mean time of a request, from when it was due, or its user began it, to the last byte of its answer. */
export interface LatencySplit {
  /** What the load measured: the parts add up to it. */
  readonly milliseconds: number;
  /** In the order in which a request goes through them, out and back. */
  readonly parts: readonly LatencyPart[];
  /** How many requests the means are of: of the judged load, and of the service's own figures. */
  readonly requests: { readonly load: number; readonly service: number };
  /** What keeps the two from being the same requests, a sentence each. */
  readonly notes: readonly string[];
}

/** A part of the mean time of a request. */
export interface LatencyPart {
  readonly name: string;
  readonly milliseconds: number;
  /** `load`: measured here, exactly. `service`: an average that the service reports. `rest`: what these leave of what was measured. */
  readonly source: 'load' | 'service' | 'rest';
  readonly description: string;
}

/** A figure of the service, or of a part of it, on the time axis of the load. */
export interface ObservedFigure extends FigureSeries {
  readonly unit: string;
  readonly description: string;
  /** The value at which the resource is used up. */
  readonly full?: number | undefined;
}

/** Something that happened to the service while the load lasted: an instance was added, a limit was reached. */
export interface ObservedEvent {
  /** When, in seconds since the load began. */
  readonly elapsedSeconds: number;
  /** What happened, for people. */
  readonly text: string;
  /** What marks it in the charts and in the series; absent: nothing. */
  readonly mark?: string | undefined;
}
