import type { IamStatement, TargetContext } from './context.js';

/** A number that the service reports of itself over time. */
export interface FigureDefinition {
  /** `%`, `ms`, `instances`, `requests`, or `` for a plain number. */
  readonly unit: string;
  /** What it is and where it comes from, in one line. */
  readonly description: string;
  /** Its value at which the resource is used up: 100 of a percentage. Absent: it has no such value. */
  readonly full?: number;
  /**
   * What it says of the capacity. `instances`: how many instances, copies or units serve. `queue`: requests that wait, or how long they
   * do, where the unit is `ms`. Absent: neither.
   */
  readonly indicates?: 'instances' | 'queue';
}

/** A value of a figure, and the time that it is of. */
export interface FigurePoint {
  /** Name of the figure. */
  readonly figure: string;
  /** Of which part of the service, where there are several: the name of a variant. */
  readonly part?: string;
  /** Beginning of the time that it is of, in milliseconds since 1970. */
  readonly at: number;
  /** Length of that time, in seconds; of a state, until it is read again. */
  readonly seconds: number;
  readonly value: number;
}

/** Values of a figure, or of a part of the service, on the time axis of a load. */
export interface FigureSeries {
  /** Name of the figure. */
  readonly name: string;
  readonly part?: string | undefined;
  /** Beginning in seconds since the load began (negative: before it), length in seconds, and value; by beginning. */
  readonly points: readonly (readonly [number, number, number])[];
}

/** A part of the time that a request is in the service. */
export interface ServiceTime {
  /** `model`. */
  readonly name: string;
  /** What it is and where it comes from, in one line. */
  readonly description: string;
  /** Mean of all requests, those included that had none of it. */
  readonly milliseconds: number;
}

/** Where the time of requests goes within the service, as it says itself. */
export interface ServiceTimes {
  /** They follow each other, and none is within another one. */
  readonly parts: readonly ServiceTime[];
  /** How many requests the means are of, whoever sent them. */
  readonly requests: number;
}

/** Something that happened to the service: an instance more, a change of its configuration. */
export interface ServiceEvent {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** One line for people, as the service says it. */
  readonly text: string;
  /** A few words that mark it in the charts and in the series: `10.0.0.3 left`. Absent: it is in the table of events alone. */
  readonly mark?: string;
}

/** What was read at once. */
export interface ServiceReading {
  readonly points: readonly FigurePoint[];
  readonly events?: readonly ServiceEvent[];
  /** What could not be read, a sentence each; the rest was. */
  readonly problems?: readonly string[];
  /** What the next reading, or {@link ObservationDefinition.compare}, needs to know of this one. */
  readonly state?: unknown;
}

/** What surrounds a reading. */
export interface ObservationContext extends TargetContext {
  /** Points and events from here on are wanted, in milliseconds since 1970. Those that were given before may be given again. */
  readonly since: number;
  /** The last reading that succeeded; absent at the first one. */
  readonly previous?: ServiceReading;
}

/** What the load counted by itself from its first request to its last, the warm-up included. */
export interface LoadCounts {
  /** Counters of the target, by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** By request name. */
  readonly requests: readonly {
    readonly name: string;
    readonly sent: number;
    readonly succeeded: number;
    readonly failed: number;
  }[];
}

/** A number of the load beside the service's own. */
export interface ComparedCount {
  /** What was counted: `cache hits`. */
  readonly name: string;
  /** By which part of the service, where there are several. */
  readonly part?: string | undefined;
  readonly load: number;
  readonly service: number;
}

/** What came of holding the counts of a load against those of the service. */
export interface CountComparison {
  readonly counts: readonly ComparedCount[];
  /** What differs and may, a sentence each with its numbers: others use the service, too. Each is a warning. */
  readonly differences: readonly string[];
  /** What the load counted and cannot be, a sentence each with its numbers: the run is INVALID. */
  readonly contradictions: readonly string[];
}

/**
 * What a service reports of itself while it is loaded. Reading changes nothing, and what fails is a note of the report. The verdict
 * changes where counts of the service show that those of the load cannot be true, and nowhere else.
 */
export interface ObservationDefinition<Options = unknown> {
  /** What can be read, by name. A figure that the service does not have is absent from the readings. */
  readonly figures: Readonly<Record<string, FigureDefinition>>;
  /** Time from one reading to the next, in seconds. After one that fails it is doubled, up to two minutes. */
  readonly intervalSeconds: number;
  /** How long after its time a point may still appear, in seconds: readings go on so long after the load. Default 0. */
  readonly publicationSeconds?: number;
  /** What whoever runs the command must be allowed to do beside the load: reading alone. */
  iamStatements?(options: Options): readonly IamStatement[];
  /** Reads once. Rejects when nothing could be read. */
  read(options: Options, context: ObservationContext): Promise<ServiceReading>;
  /**
   * Holds what the load counted against what the service did between two readings: one that ended before the load began, which
   * waits for it, and one after its last request.
   */
  compare?(
    options: Options,
    readings: { readonly before: ServiceReading; readonly after: ServiceReading },
    load: LoadCounts,
  ): CountComparison;
  /**
   * What the figures say of the time that requests were in the service, of those seconds of the load that are judged. Undefined: they
   * do not say it. The report shows it beside what the load measured, and what is left over.
   */
  serviceTimes?(
    options: Options,
    figures: readonly FigureSeries[],
    window: { readonly from: number; readonly to: number },
  ): ServiceTimes | undefined;
}
