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
        in flight 18   oldest 310 ms
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
        in flight 18   oldest 310 ms
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
      late: 310,
      dropped: 12,
      service: { p50: 0.41, p95: 0.9, p99: 1.72 },
    };
    const event = {
      type: 'sample',
      durationSeconds: 20,
      warmUpSeconds: 0,
      sample: sample(1, { open, inFlight: 88, oldestSeconds: 2.04 }),
    } as const;
    const frame = renderFrame(reduce(stateAfter(0), event, 0), { columns: 80, colors, now: 0 });
    expect(frame).toContain('in flight 88   oldest 2 s   310 late   12 dropped');
    expect(frame).toContain('rate      160 requests/s of 500 due');
    expect(frame).toContain('p99 1,240 ms   service p99 1.72 ms');
    expect(frame).not.toContain('users');
  });

  it.each([
    [1, undefined],
    [6, undefined],
    [7, 'stalled: no answer for 7 s'],
  ])('marks a stall once nothing was answered for longer than 5 × p99: after %d s', (silent, says) => {
    let state = stateAfter(3);
    for (let second = 4; second <= 3 + silent; second++) {
      const stalled = { requestsPerSecond: 0, totalRequests: 480, p50: null, p95: null, p99: null };
      const oldest = { oldestSeconds: second - 3 };
      state = reduce(
        state,
        {
          type: 'sample',
          durationSeconds: 20,
          warmUpSeconds: 0,
          sample: sample(second, { ...stalled, ...oldest }),
        },
        0,
      );
    }
    const frame = renderFrame(state, { columns: 80, colors, now: 0 });
    if (says === undefined) expect(frame).not.toContain('stalled');
    else expect(frame).toContain(`in flight 18   oldest 7 s   ${says}`);
    expect(frame).toContain('rate      0 requests/s');
  });

  it('prints no rate over a part of a second, and none below zero', () => {
    const event = { type: 'sample', durationSeconds: 20, warmUpSeconds: 0 } as const;
    const frameOf = (changes: Parameters<typeof sample>[1], second: number) =>
      renderFrame(reduce(stateAfter(0), { ...event, sample: sample(second, changes) }, 0), {
        columns: 80,
        colors,
        now: 0,
      });
    expect(frameOf({}, 0.4)).toContain('rate      – requests/s');
    expect(frameOf({ requestsPerSecond: -12 }, 2)).toContain('rate      – requests/s');
    expect(frameOf({ inFlight: null, oldestSeconds: null }, 2)).not.toContain('in flight');
  });

  it('shows what a load that is over still waits for, until the next phase begins', () => {
    const stopping = reduce(stateAfter(20), { type: 'phase', phase: 'stop', state: 'started' }, 0);
    const ending = { type: 'ending', inFlight: 12, oldestSeconds: 3.24, secondsLeft: 26.2 } as const;
    const frame = (state: LiveState) => renderFrame(state, { columns: 80, colors, now: 4000 });
    expect(frame(reduce(stopping, ending, 0))).toBe(
      '● stop: stop the load and wait for the last figures 4s\n' +
        '  waiting for 12 requests in flight, oldest 3.2 s, at most 27s more',
    );
    expect(frame(reduce(stopping, { ...ending, inFlight: 0, secondsLeft: -1 }, 0))).toContain(
      'waiting for the last figures, at most 0s more',
    );
    const next = reduce(
      reduce(stopping, ending, 0),
      { type: 'phase', phase: 'collect', state: 'started' },
      0,
    );
    expect(frame(next)).not.toContain('waiting');
  });
});
