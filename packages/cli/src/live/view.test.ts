import { describe, expect, it } from 'vitest';
import { eventsUntil } from '../../test/events.js';
import { TestIo } from '../../test/support.js';
import { createLiveView } from './view.js';

function show(io: TestIo, options?: { live?: boolean }): string {
  const view = createLiveView(io, io.stdout, options);
  for (const event of eventsUntil(12)) view.onProgress(event);
  view.onProgress({ type: 'message', level: 'warning', message: 'a worker is slow' });
  view.onProgress({ type: 'phase', phase: 'load', state: 'finished' });
  view.close();
  return io.stdout.text;
}

describe('createLiveView', () => {
  it('writes plain lines where there is no terminal, a few of them, and never the login', () => {
    const text = show(new TestIo());
    expect(text).not.toContain('correct-horse');
    expect(text).not.toContain('\u001B');
    expect(text).toMatchInlineSnapshot(`
      "● preflight
      ✓ preflight: POST /endpoints/fraud/invocations answered 200 in 21 ms
      ● plan
      ✓ plan
      ● provision
      ✓ provision
        web UI: http://127.0.0.1:43511 (its login is shown on a terminal only)
        1 of 2 workers connected
        2 of 2 workers connected
      ● connect
      ✓ connect
      ● load
        5s of 20s · 20 users · 18 in flight (oldest 310 ms) · 160 requests/s · 0 failed · p50 22 ms p95 31.4 ms p99 1,240 ms · 2 workers, CPU 18 % 22 %
        10s of 20s · 20 users · 18 in flight (oldest 310 ms) · 170 requests/s · 0 failed · p50 22 ms p95 31.4 ms p99 1,240 ms · 2 workers, CPU 18 % 22 %
      ! a worker is slow
      ✓ load
      "
    `);
  });

  it('writes a line every few seconds while requests in flight are waited for', () => {
    const io = new TestIo();
    const view = createLiveView(io, io.stdout);
    view.onProgress({ type: 'phase', phase: 'stop', state: 'started' });
    for (let left = 30; left > 20; left--)
      view.onProgress({ type: 'ending', inFlight: 3, oldestSeconds: 31 - left, secondsLeft: left });
    expect(io.stdout.text.split('\n').filter((line) => line.includes('waiting'))).toEqual([
      '  waiting for 3 requests in flight, oldest 1 s, at most 30s more',
      '  waiting for 3 requests in flight, oldest 6 s, at most 25s more',
    ]);
  });

  it('redraws on a terminal, shows the login there, and shows the cursor again', () => {
    const text = show(new TestIo({ terminal: true, environment: { NO_COLOR: '1' } }));
    expect(text).toContain('user loadwright   password correct-horse');
    expect(text).toContain('12s of 20s · 8s left');
    expect(text.endsWith('\u001B[?25h')).toBe(true);
  });

  it('uses no colour with NO_COLOR, and colour on a terminal without it', () => {
    const colour = /\u001B\[3\dm/;
    expect(show(new TestIo({ terminal: true, environment: { NO_COLOR: '1' } }))).not.toMatch(colour);
    expect(show(new TestIo({ terminal: true }))).toMatch(colour);
  });

  it('writes plain lines on a terminal when live is not wanted', () => {
    expect(show(new TestIo({ terminal: true }), { live: false })).not.toContain('left');
  });

  it.each([true, false])(
    'made in the middle of a phase does not tell its length (terminal: %s)',
    (terminal) => {
      const io = new TestIo({ terminal, environment: { NO_COLOR: '1' } });
      const view = createLiveView(io, io.stdout);
      view.onProgress({ type: 'phase', phase: 'plan', state: 'finished' });
      view.close();
      expect(io.stdout.text).toContain('✓ plan\n');
    },
  );
});
