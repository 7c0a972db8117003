import type { Phase, RunEvent, Sample } from '@loadwright/core';

/** What the live view shows: all events so far, folded together. */
export interface LiveState {
  readonly phase: Phase | undefined;
  /** Wall clock at the start of the phase, in milliseconds. */
  readonly phaseStartedAt: number;
  readonly sample: Sample | undefined;
  /** Planned length of the load, in seconds. */
  readonly durationSeconds: number;
  /** How many of its first seconds are not judged. */
  readonly warmUpSeconds: number;
  /** Requests a second, one value a sample. */
  readonly throughput: readonly number[];
  readonly connected: { readonly workers: number; readonly expectedWorkers: number } | undefined;
  readonly ui: { readonly url: string; readonly username: string; readonly password: string } | undefined;
}

export const emptyState: LiveState = {
  phase: undefined,
  phaseStartedAt: 0,
  sample: undefined,
  durationSeconds: 0,
  warmUpSeconds: 0,
  throughput: [],
  connected: undefined,
  ui: undefined,
};

/** More than any terminal is wide. */
const keptValues = 500;

/** The state after an event. */
export function reduce(state: LiveState, event: RunEvent, now: number): LiveState {
  switch (event.type) {
    case 'phase':
      return event.state === 'started' ? { ...state, phase: event.phase, phaseStartedAt: now } : state;
    case 'ready':
      return { ...state, ui: { url: event.url, username: event.username, password: event.password } };
    case 'connected':
      return { ...state, connected: { workers: event.workers, expectedWorkers: event.expectedWorkers } };
    case 'sample':
      return {
        ...state,
        sample: event.sample,
        durationSeconds: event.durationSeconds,
        warmUpSeconds: event.warmUpSeconds,
        throughput: [...state.throughput, event.sample.requestsPerSecond].slice(-keptValues),
      };
    default:
      return state;
  }
}
