import { z } from 'zod';

export { formatDuration } from './format-duration.js';

const unitSeconds = { h: 3600, m: 60, s: 1, ms: 0.001 } as const;
const pattern =
  /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/**
 * Reads a duration as Go, k6 and Locust write it: `30s`, `5m`, `1h30m`, `250ms`.
 *
 * @returns seconds, or undefined when the text is not a duration.
 */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match || text === '') return undefined;
  const [, hours = '0', minutes = '0', seconds = '0', milliseconds = '0'] = match;
  return (
    Number(hours) * unitSeconds.h +
    Number(minutes) * unitSeconds.m +
    Number(seconds) * unitSeconds.s +
    Number(milliseconds) * unitSeconds.ms
  );
}

/** The seconds of a text that {@link durationSchema} accepted. */
export function secondsOf(text: string): number {
  return parseDuration(text) ?? 0;
}

/** A duration in a schema; it stays text, which {@link parseDuration} reads. */
export function durationSchema({ allowZero = false } = {}) {
  return z
    .string()
    .refine(
      (text) => parseDuration(text) !== undefined,
      'must be a duration such as 30s, 5m or 1h30m; hours are the largest unit',
    )
    .refine((text) => allowZero || parseDuration(text) !== 0, 'must be longer than 0, such as 30s')
    .meta({ examples: ['30s', '5m', '1h30m'] });
}
