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
  /** When the last request ended, in seconds of the load, and how many had. */
  readonly lastAnswer: { readonly elapsedSeconds: number; readonly totalRequests: number };
  /** The newest p99 that is known, in milliseconds. */
  readonly p99: number | null;
  /** What is still in flight after the load; undefined before its end. */
  readonly ending: Extract<RunEvent, { type: 'ending' }> | undefined;
  readonly connected: { readonly workers: number; readonly expectedWorkers: number } | undefined;
  readonly ui: Omit<Extract<RunEvent, { type: 'ready' }>, 'type'> | undefined;
}

export const emptyState: LiveState = {
  phase: undefined,
  phaseStartedAt: 0,
  sample: undefined,
  durationSeconds: 0,
  warmUpSeconds: 0,
  throughput: [],
  lastAnswer: { elapsedSeconds: 0, totalRequests: 0 },
  p99: null,
  ending: undefined,
  connected: undefined,
  ui: undefined,
};

/** More than any terminal is wide. */
const keptValues = 500;

/** The state after an event. */
export function reduce(state: LiveState, event: RunEvent, now: number): LiveState {
  switch (event.type) {
    case 'phase':
      return event.state === 'started'
        ? { ...state, phase: event.phase, phaseStartedAt: now, ending: undefined }
        : state;
    case 'ready':
      return { ...state, ui: event };
    case 'connected':
      return { ...state, connected: { workers: event.workers, expectedWorkers: event.expectedWorkers } };
    case 'sample':
      return {
        ...state,
        sample: event.sample,
        durationSeconds: event.durationSeconds,
        warmUpSeconds: event.warmUpSeconds,
        lastAnswer:
          event.sample.totalRequests === state.lastAnswer.totalRequests ? state.lastAnswer : event.sample,
        p99: event.sample.p99 ?? state.p99,
        throughput: [...state.throughput, event.sample.requestsPerSecond].slice(-keptValues),
      };
    case 'ending':
      return { ...state, ending: event };
    default:
      return state;
  }
}

/** Nobody calls a shorter silence a stall. */
const leastStallSeconds = 5;
const timesOfP99 = 5;

/** How long nothing was answered although requests are in flight, in seconds; 0 while that is usual. */
export function stalledSeconds({ sample, lastAnswer, p99 }: LiveState): number {
  if (!sample || !sample.inFlight) return 0;
  const silent = sample.elapsedSeconds - lastAnswer.elapsedSeconds;
  return silent > Math.max(leastStallSeconds, (timesOfP99 * (p99 ?? 0)) / 1000) ? silent : 0;
}
