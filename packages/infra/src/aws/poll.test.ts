import { describe, expect, it } from 'vitest';
import type { Aws } from './clients.js';
import { poll } from './poll.js';
import { patient } from './settings.js';

const signal = new AbortController().signal;
const pace = { ...patient, firstPause: 1, longestPause: 1, unknownOutcome: 0, propagation: 0, removal: 0 };
const aws = { settings: { pace }, signal } as Aws;

describe('when time is up at the first look', () => {
  it.each(['unknownOutcome', 'propagation', 'removal'] as const)(
    'AWS is looked at five times (%s)',
    async (limit) => {
      let looks = 0;
      const look = async () => ((looks += 1) === 5 ? 'an answer' : undefined);
      expect(await poll(aws, limit, look)).toBe('an answer');
      looks = 5;
      expect(await poll(aws, limit, look)).toBeUndefined();
      expect(looks).toBe(10);
    },
  );

  it('a limit of the caller holds', async () => {
    let looks = 0;
    expect(await poll(aws, 0, async () => void (looks += 1))).toBeUndefined();
    expect(looks).toBe(1);
  });
});
