import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Descriptor at which a child finds its lifeline: a pipe that the system closes when this process ends. */
const lifelineDescriptor = 3;

const killedWithinMilliseconds = 2000;

/** What to run. Secrets belong in the environment: arguments are readable by every user of the machine. */
export interface ProcessOptions {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly directory?: string;
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it is given an input, by {@link SupervisedProcess.write}. Default: it has none. */
  readonly hasInput?: boolean;
  /** Called with every line of output and error output. */
  readonly onLine: (line: string) => void;
}

/** How a process ended. */
export interface ProcessExit {
  /** In words: `ended with exit code 1`, `was killed by SIGKILL`. */
  readonly description: string;
  /** Null when a signal ended it, or it never started. */
  readonly code: number | null;
}

const living = new Set<SupervisedProcess>();

/**
 * A child that does not outlive this process.
 *
 * It leads a process group of its own: Ctrl-C in the terminal does not reach it, and ending it ends its children too.
 * At the end of this process the group is killed; when this process is itself killed there is no time for that, and
 * the child, which watches its lifeline (LOADWRIGHT_LIFELINE_FD), ends itself.
 */
export class SupervisedProcess {
  /** Settles when the process has ended and all its output has been read. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  #exit: ProcessExit | undefined;

  constructor(options: ProcessOptions) {
    this.#child = spawn(options.file, options.arguments, {
      cwd: options.directory,
      env: { ...options.environment, LOADWRIGHT_LIFELINE_FD: String(lifelineDescriptor) },
      stdio: [options.hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    killAllAtExit();
    living.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', options.onLine);
    }
    // The child may close its ends of the input and the lifeline first.
    this.#child.stdin?.on('error', () => {});
    this.#child.stdio[lifelineDescriptor]?.on('error', () => {});
    // What the child left behind would keep the output open, and 'close' would never come.
    this.#child.once('exit', () => this.signalGroup('SIGKILL'));
    this.exited = new Promise<ProcessExit>((resolve) => {
      this.#child.once('error', (error) => {
        if (this.#child.pid === undefined)
          resolve({ code: null, description: `did not start: ${error.message}` });
      });
      this.#child.once('close', (code, signal) => {
        resolve({ code, description: signal ? `was killed by ${signal}` : `ended with exit code ${code}` });
      });
    }).then((exit) => {
      living.delete(this);
      return (this.#exit = exit);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How it ended; undefined while it lives. */
  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /**
   * Asks the group to end, and kills it when it has not within the grace.
   *
   * @returns false when it still lives.
   */
  async end(graceMilliseconds: number): Promise<boolean> {
    if (this.#exit) return true;
    this.signalGroup('SIGTERM');
    if (await this.#endsWithin(graceMilliseconds)) return true;
    this.signalGroup('SIGKILL');
    return this.#endsWithin(killedWithinMilliseconds);
  }

  /** Gives its input a line. One that reads no more does not get it. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Its input ends. */
  endInput(): void {
    this.#child.stdin?.end();
  }

  /** From now on it does not keep this process alive; it still ends with it. */
  unref(): void {
    this.#child.unref();
    for (const stream of this.#sockets()) stream.unref();
  }

  /** It keeps this process alive again. */
  ref(): void {
    this.#child.ref();
    for (const stream of this.#sockets()) stream.ref();
  }

  /** The pipes of a child, which are sockets, whatever their types say. */
  #sockets(): readonly Socket[] {
    return this.#child.stdio.filter((stream) => stream !== null) as unknown as Socket[];
  }

  signalGroup(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // Already gone.
    }
  }

  async #endsWithin(milliseconds: number): Promise<boolean> {
    const timer = new AbortController();
    const timeout = delay(milliseconds, false, { signal: timer.signal }).catch(() => false);
    const ended = await Promise.race([this.exited.then(() => true), timeout]);
    timer.abort();
    return ended;
  }
}

let killsAtExit = false;

function killAllAtExit(): void {
  if (killsAtExit) return;
  killsAtExit = true;
  process.once('exit', () => {
    for (const child of living) child.signalGroup('SIGKILL');
  });
}
