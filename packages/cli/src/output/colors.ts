import picocolors from 'picocolors';
import type { CliIo, OutputStream } from '../shell/io.js';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for a stream: never with NO_COLOR, always with FORCE_COLOR, otherwise on a terminal that knows them. */
export function colorsFor(stream: OutputStream, environment: CliIo['environment']): Colors {
  const { NO_COLOR: never, FORCE_COLOR: always, TERM: terminal } = environment;
  const enabled = never
    ? false
    : always !== undefined
      ? always !== '0'
      : stream.isTTY === true && terminal !== 'dumb';
  return picocolors.createColors(enabled);
}
