import type { FleetPlan } from '../fleet/contract.js';
import type { Sample } from '../measure/sample-contract.js';
import type { RunReport, ThresholdResult } from '../results/summary.js';

/** The phases of a run, in order. */
export const phases = [
  'preflight',
  'plan',
  'provision',
  'open',
  'connect',
  'load',
  'stop',
  'collect',
  'judge',
  'destroy',
] as const;

/** `open` finds a deployed fleet, in place of making one; `connect` waits for all workers; `load` is the time in which requests are measured. */
export type Phase = (typeof phases)[number];

/** What a run shows while it goes on. */
export type RunEvent =
  | {
      readonly type: 'phase';
      readonly phase: Phase;
      readonly state: 'started' | 'finished';
      readonly detail?: string;
    }
  /** One line for people: a step that takes time, or a warning. */
  | { readonly type: 'message'; readonly level: 'info' | 'warning'; readonly message: string }
  | { readonly type: 'plan'; readonly plan: FleetPlan }
  /** The master answers. The login is for a person's eyes: never log it. */
  | {
      readonly type: 'ready';
      readonly url: string;
      readonly username: string;
      readonly password: string;
      /** SHA-256 of the certificate that a browser must see there. Absent: none was made for it. */
      readonly fingerprint?: string;
    }
  | { readonly type: 'connected'; readonly workers: number; readonly expectedWorkers: number }
  | {
      readonly type: 'sample';
      readonly sample: Sample;
      readonly durationSeconds: number;
      /** How many of the first seconds are not judged. */
      readonly warmUpSeconds: number;
    }
  /** What the thresholds would say if the load ended now: once a second, from the first judged second on. */
  | { readonly type: 'thresholds'; readonly thresholds: readonly ThresholdResult[] }
  /** The load is over, and requests in flight are waited for: once a second. */
  | {
      readonly type: 'ending';
      readonly inFlight: number;
      /** Age of the oldest. */
      readonly oldestSeconds: number;
      /** How much longer they are waited for, at most. */
      readonly secondsLeft: number;
    }
  /** The run is judged, and its report is on the disk. What follows may still fail: the removal of its fleet. */
  | { readonly type: 'report'; readonly report: RunReport };

/** Receives the events of a run. Must not throw. */
export type OnProgress = (event: RunEvent) => void;
