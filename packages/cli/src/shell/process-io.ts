import { exitCodes } from '@loadwright/core/exit-codes';
import type { CliIo, StopSignal } from './io.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The real process. */
export function processIo(): CliIo {
  let listeners: readonly ((signal: StopSignal) => void)[] = [];
  const forward = (signal: StopSignal) => listeners.at(-1)?.(signal);
  for (const signal of signals) process.on(signal, forward);
  const onStreamError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    // `loadwright targets list | head -1` is no failure, so nobody needs to listen. A run stops its load.
    forward('SIGPIPE');
  };
  process.stdout.on('error', onStreamError);
  process.stderr.on('error', onStreamError);
  return {
    cwd: currentFolder(),
    environment: { ...process.env },
    startedAs: process.argv[1],
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    onSignal(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((one) => one !== listener);
      };
    },
    async openFile(path) {
      const { default: open } = await import('open');
      await open(path);
    },
  };
}

/** Node throws where somebody has removed it since. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write(
      'error: the current folder does not exist any more\nhint: go to one that does, and run the command again\n',
    );
    process.exit(exitCodes.badConfiguration);
  }
}
