import { confirm as ask, isCancel } from '@clack/prompts';
import { printableInColour } from '@loadwright/core/command';
import { LoadwrightError } from '@loadwright/core/errors';
import type { Context } from './context.js';
import { rawStream } from '../output/safe-stream.js';

/** Whether the user agrees already. */
export interface ConsentFlags {
  readonly yes?: boolean;
}

/**
 * Refuses to begin what nobody can agree to.
 *
 * @param names The command, and the one that only looks.
 * @throws LoadwrightError `USAGE` without a terminal and without `--yes`.
 */
export function requireConsent(
  names: readonly [command: string, lookFirst: string],
  { yes }: ConsentFlags,
  { io, json }: Context,
): void {
  const [command, lookFirst] = names;
  if (yes || (io.stdin.isTTY && io.stdout.isTTY && !json)) return;
  throw new LoadwrightError(
    'USAGE',
    `${command}: it asks before it changes anything, and ${json ? 'with --json it cannot' : 'there is no terminal to ask on'}`,
    { hint: `agree with --yes. To see first what it would do: loadwright ${lookFirst}` },
  );
}

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
