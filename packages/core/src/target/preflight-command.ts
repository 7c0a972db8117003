import { LoadwrightError } from '../errors.js';
import type { OtherRequest } from './contract.js';
import { preflightAnswerSchema, type PreflightAnswer } from './preflight-answer.js';

/** How a Locust makes one request of a bundle in place of its load. It runs in the bundle's folder. */
export interface PreflightCommand {
  readonly arguments: readonly string[];
  /** Beside what the workers have. */
  readonly variables: Readonly<Record<string, string>>;
}

/** How a request that stands in for the load's first one is asked for: its path, or its name behind `name:`. */
export function askedFor(other: OtherRequest | undefined): string | undefined {
  return other && ('name' in other ? `name:${other.name}` : other.path);
}

/** What a process that takes further requests prints on a line of its own after each answer. */
export const preflightEnd = 'loadwright-preflight: answered';

/** The line of its input that asks such a process for a further request, as {@link preflightCommand} asks for the first. */
export function preflightLine(path?: string): string {
  return JSON.stringify(path ?? ordinary);
}

const ordinary = 'load';

/**
 * @param path A path of the host that is asked for with GET, or `name:` and the name of a request. Absent: the load's first request.
 * @param options
 * @param options.takesMore Whether the process stays for further requests, one for each line of its input, until that ends.
 */
export function preflightCommand(path?: string, { takesMore = false } = {}): PreflightCommand {
  return {
    arguments: ['-f', 'locustfile.py', '--headless'],
    variables: {
      LOADWRIGHT_PREFLIGHT: path ?? ordinary,
      ...(takesMore && { LOADWRIGHT_PREFLIGHT_TAKES_MORE: '1' }),
      // The folder is removed: running it must not add files to it.
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}

/**
 * The answer among the lines that the command printed.
 *
 * @param lines What the Locust file itself prints is among them.
 * @throws LoadwrightError `PREFLIGHT_FAILED`, with the last lines, when there is none.
 */
export function readPreflightAnswer(lines: readonly string[]): PreflightAnswer {
  for (const line of lines.toReversed()) {
    if (!line.startsWith('{')) continue;
    const answer = preflightAnswerSchema.safeParse(parse(line));
    if (answer.success) return answer.data;
  }
  const last = lines.slice(-15);
  throw new LoadwrightError(
    'PREFLIGHT_FAILED',
    ['The process that makes the one request before the load did not make it.', ...last].join('\n  '),
    { hint: 'Correct the Python files of the target; the same would keep every worker from starting.' },
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
