import { LoadwrightError } from './errors.js';

/** How far the clock of a service is ahead of this machine's; negative: behind. */
export interface ClockOffset {
  readonly seconds: number;
  /** The true offset is at most so far away. */
  readonly uncertaintySeconds: number;
}

/**
 * How far a signer's clock may be off, in seconds: "a request must reach AWS within five minutes of the time stamp in the
 * request" (AWS IAM User Guide, Troubleshoot Signature Version 4 signing for AWS API requests).
 */
export const sigv4ClockToleranceSeconds = 300;

/** How clocks are set right on the systems that run load. */
export const clockHint =
  'Synchronise it: "chronyc makestep" or "timedatectl set-ntp true" on Linux, "sntp -sS time.apple.com" on macOS.';

/**
 * Compares the `Date` of an answer, which names a whole second, with this machine's clock.
 *
 * @param date The header. Undefined, or no date: nothing can be said.
 * @param sentAt When the request was sent, in milliseconds since 1970.
 * @param receivedAt When the answer had come. The service wrote the date somewhere between the two.
 */
export function clockOffset(
  date: string | undefined,
  sentAt: number,
  receivedAt: number,
): ClockOffset | undefined {
  const serverTime = Date.parse(date ?? '');
  if (Number.isNaN(serverTime)) return undefined;
  return {
    seconds: (serverTime + 500 - (sentAt + receivedAt) / 2) / 1000,
    uncertaintySeconds: (500 + (receivedAt - sentAt) / 2) / 1000,
  };
}

/** `400 s (± 1 s) behind`: a clock of which the service's is 400 s ahead. */
export function describeClockOffset({ seconds, uncertaintySeconds }: ClockOffset): string {
  const direction = seconds > 0 ? 'behind' : 'ahead of';
  return `${Math.round(Math.abs(seconds))} s (± ${Math.ceil(uncertaintySeconds)} s) ${direction}`;
}

/**
 * Refuses to begin with a clock that is off by more than a service allows.
 *
 * @throws LoadwrightError `PREFLIGHT_FAILED`
 */
export function requireClock(offset: ClockOffset | undefined, toleranceSeconds: number): void {
  if (!offset || Math.abs(offset.seconds) - offset.uncertaintySeconds <= toleranceSeconds) return;
  throw new LoadwrightError(
    'PREFLIGHT_FAILED',
    `This machine's clock is ${describeClockOffset(offset)} the service's; its signatures may be ${toleranceSeconds} s off.`,
    { hint: clockHint },
  );
}
