import { z } from 'zod';

const pattern = /^(\d+(?:\.\d+)?)\s*%$/;

/**
 * Reads a share in percent: `1%`, `0.1%`.
 *
 * @returns 0 to 1, or undefined when the text is not a share.
 */
export function parseShare(text: string): number | undefined {
  const percent = Number(pattern.exec(text)?.[1] ?? Number.NaN);
  return percent <= 100 ? percent / 100 : undefined;
}

/** A share in a schema; it stays text, which {@link parseShare} reads. */
export function shareSchema() {
  return z
    .string()
    .refine((text) => parseShare(text) !== undefined, 'must be a share from 0% to 100%, such as 1% or 0.1%')
    .meta({ examples: ['1%', '0.1%'] });
}
