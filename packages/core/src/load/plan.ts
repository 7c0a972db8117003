/** What the virtual users do: a load profile, resolved. `load.json` of a bundle. */
export interface LoadPlan {
  readonly version: 1;
  /** The most users that exist at any time. */
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
  /** Pause of a user between two requests, drawn uniformly, in seconds. */
  readonly waitTime: { readonly minimumSeconds: number; readonly maximumSeconds: number };
  readonly payloadOrder: 'sequential' | 'random';
}

/** One stage of a {@link LoadPlan}. A duration of 0 is a jump. */
export interface LoadStage {
  readonly durationSeconds: number;
  /** Users at the end of the stage. */
  readonly users: number;
}
