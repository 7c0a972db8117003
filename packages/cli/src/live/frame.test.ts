import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { eventsUntil, sample } from '../../test/events.js';
import { renderFrame } from './frame.js';
import { emptyState, reduce, type LiveState } from './state.js';

const colors = picocolors.createColors(false);

function stateAfter(second: number): LiveState {
  return eventsUntil(second).reduce((state, event) => reduce(state, event, 0), emptyState);
}

describe('renderFrame', () => {
  it('shows the load at 80 columns', () => {
    expect(renderFrame(stateAfter(12), { columns: 80, colors, now: 12_000 })).toMatchInlineSnapshot(`
      "● load
        ━━━━━━━━━━━━━━━━━━━━━━━━────────────────  12s of 20s · 8s left

        users     20
        rate      150 requests/s   ▇██▇▇██▇▇██▇
        requests  1,920   0 failed (0 %)
        latency   p50 22 ms   p95 31.4 ms   p99 1,240 ms
        workers   2 of 2   CPU 18 %  22 %
        web UI    http://127.0.0.1:43511   user loadwright   password correct-horse"
    `);
  });

  it('shows the load at 40 columns', () => {
    expect(renderFrame(stateAfter(12), { columns: 40, colors, now: 12_000 })).toMatchInlineSnapshot(`
      "● load
        ━━━━━━━━━━──────  12s of 20s · 8s left

        users     20
        rate      150 requests/s
        requests  1,920   0 failed (0 %)
        latency   p50 22 ms
                  p95 31.4 ms
                  p99 1,240 ms
        workers   2 of 2   CPU 18 %  22 %
        web UI    http://127.0.0.1:43511
                  user loadwright
                  password correct-horse"
    `);
  });

  it.each([38, 40, 57, 80, 200])('is never wider than a terminal of %i columns', (columns) => {
    const frame = renderFrame(stateAfter(20), {
      columns,
      colors: picocolors.createColors(true),
      now: 20_000,
    });
    for (const line of stripVTControlCharacters(frame).split('\n'))
      expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('tells failures and workers that are missing', () => {
    const lost = reduce(
      stateAfter(3),
      {
        type: 'sample',
        durationSeconds: 20,
        warmUpSeconds: 0,
        sample: sample(4, {
          totalFailures: 64,
          p50: null,
          workers: [{ id: 'worker-1', state: 'running', cpuPercent: 99.6 }],
        }),
      },
      4000,
    );
    const frame = renderFrame(lost, { columns: 80, colors, now: 4000 });
    expect(frame).toContain('64 failed (10 %)');
    expect(frame).toContain('1 of 2   CPU 100 %');
    expect(frame).toContain('p50 –');
  });

  it('sums up the CPU of many workers', () => {
    const workers = Array.from({ length: 16 }, (_, index) => ({
      id: String(index),
      state: 'running',
      cpuPercent: index * 2,
    }));
    const event = {
      type: 'sample',
      durationSeconds: 20,
      warmUpSeconds: 0,
      sample: sample(1, { workers }),
    } as const;
    const frame = renderFrame(reduce(stateAfter(0), event, 0), { columns: 80, colors, now: 0 });
    expect(frame).toContain('CPU mean 15 %  highest 30 %');
  });

  it.each([
    [4.9, '● load: warm-up of 5s, not judged'],
    [5, '● load'],
  ])('marks the warm-up: after %d s', (elapsed, title) => {
    const event = { type: 'sample', durationSeconds: 20, warmUpSeconds: 5 } as const;
    const state = reduce(stateAfter(0), { ...event, sample: sample(elapsed) }, 0);
    expect(renderFrame(state, { columns: 80, colors, now: 0 }).split('\n')[0]).toBe(title);
  });

  it('shows how long a phase before the load takes', () => {
    const state = eventsUntil(0)
      .slice(0, 8)
      .reduce((folded, event) => reduce(folded, event, 0), emptyState);
    const frame = renderFrame({ ...state, phase: 'connect' }, { columns: 80, colors, now: 7000 });
    expect(frame.split('\n')[0]).toBe('● connect: wait for the workers 1 of 2 7s');
  });

  it('shows what an open load has due, in flight and dropped', () => {
    const open = {
      offeredPerSecond: 500,
      inFlight: 88,
      late: 310,
      dropped: 12,
      service: { p50: 0.41, p95: 0.9, p99: 1.72 },
    };
    const event = {
      type: 'sample',
      durationSeconds: 20,
      warmUpSeconds: 0,
      sample: sample(1, { open }),
    } as const;
    const frame = renderFrame(reduce(stateAfter(0), event, 0), { columns: 80, colors, now: 0 });
    expect(frame).toContain('in flight 88   310 late   12 dropped');
    expect(frame).toContain('rate      160 requests/s of 500 due');
    expect(frame).toContain('p99 1,240 ms   service p99 1.72 ms');
    expect(frame).not.toContain('users');
  });
});
