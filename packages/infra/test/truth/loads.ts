import type { LoadProfileInput } from '@loadwright/core';

/** The loads of the matrix: about 100 requests a second for some seconds. */
export const loadKinds = ['closed', 'open', 'stages'] as const;
export type LoadKind = (typeof loadKinds)[number];

/**
 * @param seconds Length of the load, at least 4.
 * @param gracefulStop How long requests in flight may take after its end.
 */
export function loadOf(kind: LoadKind, seconds: number, gracefulStop: string): LoadProfileInput {
  switch (kind) {
    case 'closed':
      return { users: 12, duration: `${seconds}s`, waitTime: '100ms', gracefulStop };
    case 'open':
      return { arrivalRate: '100/s', duration: `${seconds}s`, gracefulStop };
    case 'stages':
      return {
        stages: [
          { duration: '1s', users: 12 },
          { duration: `${seconds - 2}s`, users: 12 },
          { duration: '1s', users: 0 },
        ],
        waitTime: '100ms',
        gracefulStop,
      };
  }
}
