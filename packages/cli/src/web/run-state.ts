import type { RunEvent } from '@loadwright/core';
import type { LiveRun } from '@loadwright/core/report';

/** What the events of a run say of it. */
export type RunState = Omit<LiveRun, 'name' | 'target' | 'others' | 'beside'>;

export const emptyRun: RunState = {
  phase: 'preflight',
  durationSeconds: 0,
  warmUpSeconds: 0,
  samples: [],
  thresholds: [],
  warnings: [],
  isStopping: false,
};

/** More would push the charts off the screen; the terminal has them all. */
const mostWarnings = 3;

/** The state after an event. The login of the web UI is for the terminal: nothing of it is kept. */
export function reduceRun(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'phase':
      return event.state === 'started' ? { ...state, phase: event.phase } : state;
    case 'message':
      return event.level === 'warning'
        ? { ...state, warnings: [...state.warnings, event.message].slice(-mostWarnings) }
        : state;
    case 'sample': {
      const { sample, durationSeconds, warmUpSeconds } = event;
      return { ...state, durationSeconds, warmUpSeconds, samples: [...state.samples, sample] };
    }
    case 'thresholds':
      return { ...state, thresholds: event.thresholds };
    default:
      return state;
  }
}
