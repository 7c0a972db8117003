import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const inEnvironment = (name: string) => fileURLToPath(new URL(`../../../.venv/bin/${name}`, import.meta.url));

/** Programs of the Python development environment. */
export const python = inEnvironment('python');
export const motoServer = inEnvironment('moto_server');
export const locust = process.env['LOADWRIGHT_TEST_LOCUST'] ?? inEnvironment('locust');

/** Runs a command that ends with this process. */
export const withLifeline = [python, fileURLToPath(new URL('./run_with_lifeline.py', import.meta.url))];

/** Descriptor at which a child finds its lifeline: a pipe that the system closes when this process ends. */
const lifelineDescriptor = 3;

export interface ProcessOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly directory?: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called with every line of output and error output. */
  readonly onLine: (line: string) => void;
}

/** How a process ended. */
export interface ProcessExit {
  /** In words: `ended with exit code 1`, `was killed by SIGKILL`. */
  readonly description: string;
  /** Null when a signal ended it, or it never started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process of the stand-in, which leads a group of its own. It ends with this one if it watches its lifeline
 * (LOADWRIGHT_LIFELINE_FD), as the nodes of a bundle do, or runs {@link withLifeline}.
 */
export class StandInProcess {
  /** Settles when the process has ended and all its output has been read. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor({ command: [file = '', ...words], directory, environment, onLine }: ProcessOptions) {
    const child = spawn(file, words, {
      cwd: directory,
      env: { ...environment, LOADWRIGHT_LIFELINE_FD: String(lifelineDescriptor) },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
    }
    // The child may close its end of the lifeline first.
    child.stdio[lifelineDescriptor]?.on('error', () => {});
    // What the child left behind would keep the output open, and 'close' would never come.
    child.once('exit', () => this.signalGroup('SIGKILL'));
    this.exited = new Promise<ProcessExit>((resolve) => {
      child.once('error', ({ message }) => {
        if (child.pid === undefined)
          resolve({ code: null, signal: null, description: `did not start: ${message}` });
      });
      child.once('close', (code, signal) => {
        const description = signal ? `was killed by ${signal}` : `ended with exit code ${code}`;
        resolve({ code, signal, description });
      });
    }).finally(() => (this.#hasEnded = true));
  }

  /** Asks it to end, as Docker asks the first process of a container alone, and kills the group when it has not within the grace, in milliseconds. */
  async end(graceMilliseconds: number): Promise<ProcessExit> {
    this.#child.kill('SIGTERM');
    const timer = new AbortController();
    const grace = delay(graceMilliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.exited, grace]);
    timer.abort();
    this.signalGroup('SIGKILL');
    return this.exited;
  }

  signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#hasEnded) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Already gone.
    }
  }
}
