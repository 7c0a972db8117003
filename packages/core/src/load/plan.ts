/** What the virtual users do: a load profile, resolved. `load.json` of a bundle. */
export interface LoadPlan {
  readonly version: 1;
  /** The most users that exist at any time. With `arrivals` one a worker, which keeps the schedule. */
  readonly users: number;
  /** Users started a second while the load is constant. */
  readonly spawnRate: number;
  readonly durationSeconds: number;
  /**
   * Absent for a constant number of users, which Locust's own options control. Otherwise the number of users moves
   * in a straight line from the end of one stage to the end of the next, starting at `startUsers`.
   */
  readonly stages?: readonly LoadStage[];
  /** Users at the beginning of the first stage. Default 0. */
  readonly startUsers?: number;
  /** Open model: when requests are due, whether earlier ones are answered or not. Absent: users decide. */
  readonly arrivals?: ArrivalPlan;
  /** Pause of a user between two requests, drawn uniformly, in seconds. */
  readonly waitTime: { readonly minimumSeconds: number; readonly maximumSeconds: number };
  readonly payloadOrder: 'sequential' | 'random';
  /**
   * How long requests in flight may take when no more begin: at the end, and of users that are removed. The runtime never
   * waits longer than a request may take. Default 30.
   */
  readonly gracefulStopSeconds?: number;
  /** Share of the requests that are logged one by one, 0 to 1. Absent: none. */
  readonly logRequests?: number;
}

/**
 * The load of one test on a deployed fleet, in place of the `load.json` of its bundle. Payloads are sent in the
 * order that the bundle says, unless this names one.
 */
export type TestLoad = Omit<LoadPlan, 'payloadOrder'> & Partial<Pick<LoadPlan, 'payloadOrder'>>;

/** One stage of a {@link LoadPlan}. A duration of 0 is a jump. */
export interface LoadStage {
  readonly durationSeconds: number;
  /** Users at the end of the stage. */
  readonly users: number;
}

/** When requests are due: a rate that moves in straight lines. All numbers are those of all workers together. */
export interface ArrivalPlan {
  /**
   * `constant`: at equal distances. `poisson`: independent of each other, at exponentially distributed ones. `trace`: at the
   * times of the bundle's `schedule.csv`, of which the stages are the mean.
   */
  readonly kind: 'constant' | 'poisson' | 'trace';
  /** How often faster than recorded a trace is sent. */
  readonly speed?: number;
  /**
   * The most requests that are on their way at any time. What is due beyond them waits, and is dropped when it has waited
   * for as long as a request may take, or to the end of the load.
   */
  readonly maxInFlight: number;
  /** Requests a second at the beginning of the first stage. */
  readonly startRate: number;
  /** None of a trace that is not read yet. */
  readonly stages: readonly ArrivalStage[];
}

/** One stage of an {@link ArrivalPlan}. A duration of 0 is a jump. */
export interface ArrivalStage {
  readonly durationSeconds: number;
  /** Requests a second at the end of the stage. */
  readonly ratePerSecond: number;
}
