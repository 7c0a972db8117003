import { z } from 'zod';

const secondsOfUnit = { s: 1, m: 60, h: 3600 } as const;
const pattern = /^(\d+(?:\.\d+)?)\/([smh])$/;
/** More than any fleet sends; keeps a slip of a few digits from being carried out. */
const mostASecond = 10_000_000;

/**
 * Reads a rate: requests in a second, minute or hour: `500/s`, `30000/m`, `0.5/s`.
 *
 * @returns requests a second, or undefined when the text is not a rate.
 */
export function parseRate(text: string): number | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  return Number(match[1]) / secondsOfUnit[match[2] as keyof typeof secondsOfUnit];
}

/** A rate in a schema; it stays text, which {@link parseRate} reads. */
export function rateSchema({ allowZero = false } = {}) {
  return z
    .string()
    .refine((text) => {
      const rate = parseRate(text);
      return rate !== undefined && (allowZero || rate > 0) && rate <= mostASecond;
    }, 'must be a rate such as 500/s, 30000/m or 0.5/s: requests in a second (s), minute (m) or hour (h)')
    .meta({ examples: ['500/s', '30000/m'] });
}
