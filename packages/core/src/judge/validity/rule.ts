import type { ArrivalPlan } from '../../load/plan.js';
import type { MasterStatistics } from '../../locust/statistics.js';
import type { Threshold } from '../thresholds/parse.js';
import type { Sample } from '../../measure/sample-contract.js';

/** What a rule looks at: the judged window of a run. */
export interface ValidityEvidence {
  readonly samples: readonly Sample[];
  readonly statistics: MasterStatistics;
  /** The seconds of the load between which was judged. */
  readonly window: { readonly from: number; readonly to: number };
  /** Ids of the workers that were there before the load. */
  readonly workers: readonly string[];
  readonly thresholds: readonly Threshold[];
  /** Open model only. */
  readonly arrivals?: ArrivalPlan | undefined;
  /** When the credentials of the workers expire, if that is known. */
  readonly expiresAt?: Date | undefined;
  /** How far a worker's clock may be off the service's, in seconds; undefined: it does not matter. */
  readonly clockToleranceSeconds?: number | undefined;
  readonly endedAt: Date;
  readonly length: LoadLength;
  /** Changes in the web UI are allowed. */
  readonly interactive: boolean;
  /** What does not agree in the accounting, a sentence each. */
  readonly violations: readonly string[];
  /** What the load counted and the counts of the service exclude, a sentence each; nothing where they were not compared. */
  readonly contradictions: readonly string[];
}

/** How long a load was. Times are Unix seconds of the master's clock. */
export interface LoadLength {
  readonly plannedSeconds: number;
  readonly measuredSeconds: number;
  /** It was ended early by the run, for a reason that is reported elsewhere. */
  readonly endedEarly: boolean;
  readonly startedAt: number;
  /** When the master took its samples. */
  readonly sampledAt: readonly number[];
}

/** One reason why a measurement cannot be trusted. */
export interface ValidityRule {
  /** What makes a run INVALID, for the documentation. */
  readonly summary: string;
  /** @returns the evidence, one sentence each; nothing when the rule holds. */
  check(evidence: ValidityEvidence): string[];
}
