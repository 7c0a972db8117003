import type { Readable, Writable } from 'node:stream';

/** A stream that people or programs read, with what a terminal knows about itself. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Why the command is asked to end. `SIGPIPE`: whoever read the output has gone. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';

/** All of the world that the command touches, so that a test can run it in its own process. */
export interface CliIo {
  /** Absolute path of the current folder. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the program that was started. Absent: it was started by its name, `loadwright`. */
  readonly startedAs?: string | undefined;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The wall clock, in milliseconds. */
  now(): number;
  /** Calls the listener for every signal until the returned function is called; of several the newest alone. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Opens a file with the program that the desktop has for it. */
  openFile(path: string): Promise<void>;
}
