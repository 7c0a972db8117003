import { LoadwrightError } from '@loadwright/core/errors';
import { parseNumber } from '@loadwright/core/text';

/** A number where the text is one, otherwise the text itself, so that validation shows what was found. */
export function numberOrText(text: string): number | string {
  return parseNumber(text) ?? text;
}

/** The value that a text stands for: JSON where it is JSON, otherwise the text itself. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Collects the values of a flag that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** `--spawn-rate` → `spawnRate`, as commander names it. */
export function camelCase(flag: string): string {
  return flag.replace(/^--/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What the flags `--set name=value` say, by name. */
export function assignments(flags: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(
    flags.map((assignment) => {
      const [, name, value] = /^([\w-]+)=(.*)$/s.exec(assignment) ?? [];
      if (name === undefined || value === undefined) {
        throw new LoadwrightError('CONFIG_INVALID', `--set: found "${assignment}", expected name=value`, {
          hint: 'for example --set region=eu-west-1',
        });
      }
      return [name, jsonOrText(value)] as const;
    }),
  );
}

/** `5%` or `5 %` → 0.05. @throws LoadwrightError `USAGE` */
export function readPercent(flag: string, text: string): number {
  const [, digits] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  const share = Number(digits) / 100;
  if (digits !== undefined && share < 1) return share;
  throw new LoadwrightError('USAGE', `${flag}: found "${text}", expected a percentage below 100 %.`, {
    hint: `Use, for example, ${flag} 3%.`,
  });
}

/** How many of the newest runs. @throws LoadwrightError `USAGE` */
export function readLast(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new LoadwrightError('USAGE', `--last: found "${text}", expected a whole number from 1.`, {
    hint: 'Use, for example, --last 6.',
  });
}
