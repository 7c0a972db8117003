import { LoadwrightError } from '../errors.js';
import { preflightAnswerSchema, type PreflightAnswer } from './preflight-answer.js';

/** How a Locust makes one request of a bundle in place of its load. It runs in the bundle's folder. */
export interface PreflightCommand {
  readonly arguments: readonly string[];
  /** Beside what the workers have. */
  readonly variables: Readonly<Record<string, string>>;
}

/** @param path A path of the host that is asked for with GET. Absent: the load's first request. */
export function preflightCommand(path?: string): PreflightCommand {
  return {
    arguments: ['-f', 'locustfile.py', '--headless'],
    variables: {
      LOADWRIGHT_PREFLIGHT: path ?? 'load',
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
