import { Readable, Writable } from 'node:stream';
import type { Context } from '../shell/context.js';
import type { CliIo, StopSignal } from '../shell/io.js';

/** What a command ended with. */
export interface Outcome {
  readonly exitCode: number;
  /** The JSON document that it printed: its result, or its error. */
  readonly document: unknown;
}

/** A command that is carried out. */
export interface Call {
  readonly outcome: Promise<Outcome>;
  /** What it said to people, oldest line first; the newest {@link keptLines}. */
  readonly lines: readonly string[];
  /** As Ctrl-C does: a load ends, what was measured is kept, a fleet of its own is removed. */
  stop(signal?: StopSignal): void;
}

/** Where commands are carried out, what carries them out, and the fleets that there are. */
export type World = Pick<Context, 'io' | 'run' | 'fleets'>;

const keptLines = 40;

/**
 * Carries out a command in this process. What it prints goes into its outcome alone: stdout belongs to the protocol.
 *
 * @param words The command and its flags.
 * @param names What its arguments name. Never taken for flags.
 */
export function callCommand(words: readonly string[], names: readonly string[], { io, run }: World): Call {
  const lines: string[] = [];
  let document = '';
  let listeners: readonly ((signal: StopSignal) => void)[] = [];
  const world: CliIo = {
    cwd: io.cwd,
    environment: { ...io.environment, NO_COLOR: '1' },
    stdin: Readable.from([]),
    stdout: sink((text) => (document += text)),
    stderr: sink((text) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - keptLines);
    }),
    now: () => io.now(),
    onSignal(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((one) => one !== listener);
      };
    },
    openFile: async () => {},
  };
  const carryOut = async (): Promise<Outcome> => {
    const argv = [...words, '--json', ...(names.length > 0 ? ['--', ...names] : [])];
    const exitCode = await run(argv, world);
    return { exitCode, document: parse(document) };
  };
  return { outcome: carryOut(), lines, stop: (signal = 'SIGINT') => listeners.at(-1)?.(signal) };
}

function sink(use: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      use(chunk.toString());
      done();
    },
  });
}

/** Commands that always print JSON, and those that print nothing but lines. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}
