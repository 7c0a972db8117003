import { printable, printableInColour } from '@loadwright/core/text';
import type { CliIo, OutputStream } from '../shell/io.js';
import { colorsFor } from './colors.js';

/** The streams behind those of {@link safeIo}. */
const raw = new WeakMap<OutputStream, OutputStream>();

/**
 * The world with outputs that pass on no character which a terminal would obey, whoever sent it: servers, logs, names.
 * Everything that the command writes goes through here; Loadwright's own colours stay.
 */
export function safeIo(io: CliIo): CliIo {
  return {
    cwd: io.cwd,
    environment: io.environment,
    startedAs: io.startedAs,
    stdin: io.stdin,
    stdout: safeStream(io.stdout, io.environment),
    stderr: safeStream(io.stderr, io.environment),
    now: () => io.now(),
    onSignal: (listener) => io.onSignal(listener),
    openFile: (path) => io.openFile(path),
  };
}

/** The stream itself, for data that is no text for people, and for what moves the cursor. */
export function rawStream(stream: OutputStream): OutputStream {
  return raw.get(stream) ?? stream;
}

function safeStream(stream: OutputStream, environment: CliIo['environment']): OutputStream {
  const clean = colorsFor(stream, environment).isColorSupported ? printableInColour : printable;
  const write = (chunk: unknown, ...others: never[]) =>
    stream.write(typeof chunk === 'string' ? clean(chunk) : chunk, ...others);
  const safe = new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  raw.set(safe, stream);
  return safe;
}
