import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunEvent } from './events.js';
import { Phases } from './phases.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('says that a phase goes on while nothing else is told', async () => {
  const events: RunEvent[] = [];
  const phases = new Phases({ onProgress: (event) => events.push(event) });
  const messages = () => events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
  let end = () => {};
  const phase = phases.in('collect', () => new Promise<void>((resolve) => (end = resolve)));
  await vi.advanceTimersByTimeAsync(9_000);
  phases.inform('something');
  await vi.advanceTimersByTimeAsync(9_000);
  expect(messages()).toEqual(['something']);
  await vi.advanceTimersByTimeAsync(12_000);
  expect(messages()).toEqual([
    'something',
    'collect goes on, for 19 s so far.',
    'collect goes on, for 29 s so far.',
  ]);
  end();
  await phase;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(messages()).toHaveLength(3);
});
