import { printable, withoutCredentials, withoutLogins } from '@loadwright/core/text';
import { exitCodeOf, isLoadwrightError, messageOf } from '@loadwright/core/errors';
import type { ExitCode } from '@loadwright/core/exit-codes';
import type { Colors } from './colors.js';
import type { GivenOptions } from '../shell/given.js';
import { nextDocument, type TypedStep } from './next-step.js';
import { wrapText } from './wrap.js';

/** An error as `--json` prints it. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    /** What can be done next, with the command to type. */
    readonly next?: readonly TypedStep[];
    readonly exitCode: ExitCode;
  };
}

/**
 * Every error, also a defect of Loadwright itself, in the one form that it is shown in.
 *
 * @param given Options of the command that failed.
 */
export function describeError(error: unknown, given?: GivenOptions): ErrorDocument {
  if (isLoadwrightError(error)) {
    const { code, message, hint, next } = error;
    return {
      error: {
        code,
        message: withoutLogins(message),
        ...(hint !== undefined && { hint: withoutLogins(hint) }),
        ...nextDocument(next, given),
        exitCode: exitCodeOf(error),
      },
    };
  }
  return {
    error: {
      code: 'INTERNAL',
      message: `a defect of Loadwright itself: ${withoutCredentials(messageOf(error))}`,
      hint: 'please report it, with what "LOADWRIGHT_DEBUG=1" adds to this output and what "loadwright doctor" says',
      exitCode: 1,
    },
  };
}

/**
 * An error for people. The stack trace is for whoever asks for it with LOADWRIGHT_DEBUG=1.
 *
 * @param options `trace` takes the secrets out of the stack trace and of its causes, which nobody has composed; absent:
 * no trace is shown. `columns` is the width of the terminal in characters; absent: lines stay as they are. `asTyped`
 * writes commands within a text as this user must type them. `given` are options of the command that failed.
 */
export function formatError(
  error: unknown,
  colors: Colors,
  {
    trace,
    columns,
    asTyped = (text) => text,
    given,
  }: {
    readonly trace?: ((text: string) => string) | undefined;
    readonly columns?: number | undefined;
    readonly asTyped?: (text: string) => string;
    readonly given?: GivenOptions;
  },
): string {
  const { code, message, hint, next = [] } = describeError(error, given).error;
  const text = [
    `${colors.red(colors.bold('error:'))} ${indent(asTyped(printable(message)))}`,
    ...(hint === undefined ? [] : [`${colors.cyan('hint:')} ${indent(asTyped(printable(hint)))}`]),
    ...next.map(
      ({ command }, index) =>
        `${index === 0 ? colors.cyan('next:') : '     '} ${asTyped(printable(command))}`,
    ),
    colors.dim(`code: ${code}; more: ${asTyped(`loadwright explain ${code}`)}`),
  ].join('\n');
  const lines = [wrapText(text, columns)];
  if (trace && error instanceof Error && error.stack)
    lines.push('', ...[error.stack, ...causes(error)].map((text) => printable(trace(text))));
  return `${lines.join('\n')}\n`;
}

function causes(error: Error): string[] {
  if (!(error.cause instanceof Error)) return [];
  return [`caused by: ${error.cause.stack ?? error.cause.message}`, ...causes(error.cause)];
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
