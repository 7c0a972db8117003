import type { CliIo, StopSignal } from './io.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The real process. While nobody listens for signals they end the process, as usual. */
export function processIo(): CliIo {
  const listeners = new Set<(signal: StopSignal) => void>();
  const forward = (signal: StopSignal) => {
    for (const listener of listeners) listener(signal);
  };
  const onStreamError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    // `loadwright targets list | head -1` is no failure, so nobody needs to listen. A run stops its load.
    forward('SIGPIPE');
  };
  process.stdout.on('error', onStreamError);
  process.stderr.on('error', onStreamError);
  return {
    cwd: process.cwd(),
    environment: { ...process.env },
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    onSignal(listener) {
      if (listeners.size === 0) for (const signal of signals) process.on(signal, forward);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) for (const signal of signals) process.off(signal, forward);
      };
    },
    async openFile(path) {
      const { default: open } = await import('open');
      await open(path);
    },
  };
}
