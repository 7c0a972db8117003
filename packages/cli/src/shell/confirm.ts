import { confirm as ask, isCancel } from '@clack/prompts';
import { printableInColour } from '@loadwright/core/command';
import { LoadwrightError } from '@loadwright/core/errors';
import type { Context } from './context.js';
import { repeating } from './given.js';
import { rawStream } from '../output/safe-stream.js';

/** Whether the user agrees already. */
export interface ConsentFlags {
  readonly yes?: boolean;
}

/**
 * Refuses to begin what nobody can agree to.
 *
 * @param names The command, the one that only looks, and those of its options that are repeated as they were given.
 * @throws LoadwrightError `USAGE` without a terminal and without `--yes`.
 */
export function requireConsent(
  names: readonly [command: string, lookFirst: string, flags?: readonly string[]],
  { yes }: ConsentFlags,
  { io, json, given }: Context,
): void {
  const [command, lookFirst, flags = ['--config']] = names;
  if (yes || (io.stdin.isTTY && io.stdout.isTTY && !json)) return;
  throw new LoadwrightError(
    'USAGE',
    `${command}: it asks before it changes anything, and ${json ? 'with --json it cannot' : 'there is no terminal to ask on'}`,
    {
      hint: `agree with --yes. To see first what it would do: loadwright ${repeating(lookFirst, given, flags)}`,
    },
  );
}

/** What a command that looks with `--dry-run` is given again: everything but the consent. */
export const repeatable = ({ given }: Pick<Context, 'given'>): string[] =>
  [...given.keys()].filter((flag) => flag !== '--yes' && flag !== '--json');

/** Asks, unless the user agreed. @throws LoadwrightError `ABORTED` when the answer is no. */
export async function confirm(
  message: string,
  { yes }: ConsentFlags,
  { io }: Context,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  if (yes) return;
  const answer = await ask({
    message: printableInColour(message),
    initialValue: false,
    input: io.stdin,
    output: rawStream(io.stdout),
    ...options,
  });
  if (isCancel(answer) || !answer) throw new LoadwrightError('ABORTED', 'not confirmed; nothing was changed');
}
