import { describe, expect, it } from 'vitest';
import { clockOffset, describeClockOffset, requireClock } from './clock.js';

const noon = Date.UTC(2026, 7, 14, 12);
const header = 'Fri, 14 Aug 2026 12:00:00 GMT';

describe('clockOffset', () => {
  it('knows the middle of the second in which the answer was written, and how well', () => {
    expect(clockOffset(header, noon, noon + 1000)).toEqual({ seconds: 0, uncertaintySeconds: 1 });
    expect(clockOffset(header, noon - 300_000, noon - 300_000)).toEqual({
      seconds: 300.5,
      uncertaintySeconds: 0.5,
    });
  });

  it('holds the true offset, whenever within the second and the round trip the answer was written', () => {
    for (const offset of [-900_000, -250, 0, 1, 700, 301_000]) {
      for (const sent of [noon, noon + 1, noon + 499, noon + 999]) {
        for (const way of [0, 3, 2000]) {
          for (const written of [sent, sent + way / 2, sent + way]) {
            const measured = clockOffset(new Date(written + offset).toUTCString(), sent, sent + way)!;
            expect(Math.abs(measured.seconds - offset / 1000)).toBeLessThanOrEqual(
              measured.uncertaintySeconds + 1e-9,
            );
          }
        }
      }
    }
  });

  it.each([undefined, '', 'yesterday'])('says nothing of %j', (date) =>
    expect(clockOffset(date, noon, noon)).toBeUndefined(),
  );
});

describe('requireClock', () => {
  it.each([
    [undefined],
    [{ seconds: 299, uncertaintySeconds: 0.5 }],
    [{ seconds: -300.5, uncertaintySeconds: 0.5 }],
    [{ seconds: 320, uncertaintySeconds: 20 }],
  ])('lets %j pass: it may be within the limit', (offset) =>
    expect(() => requireClock(offset, 300)).not.toThrow(),
  );

  it.each([
    [{ seconds: 400.2, uncertaintySeconds: 0.5 }, '400 s (± 1 s) behind the service'],
    [{ seconds: -301.6, uncertaintySeconds: 0.51 }, '302 s (± 1 s) ahead of the service'],
  ])('refuses %j', (offset, text) => {
    expect(describeClockOffset(offset)).toBe(text.replace(' the service', ''));
    expect(() => requireClock(offset, 300)).toThrow(text);
  });
});
