import { setTimeout as delay } from 'node:timers/promises';
import { askMaster } from './ask-master.js';
import type { FleetHandle, LogLine, LogOptions } from './contract.js';

/** Time between two looks where a kind cannot follow, in milliseconds: workers hand on their lines every few seconds. */
const intervalMilliseconds = 1000;

/**
 * The log lines so far, and then those that come, until the signal aborts. A kind that follows by itself is read as it
 * writes, and may end when its fleet is gone; any other is asked again and again, and gives only what it has not given before.
 */
export async function* followLogs(
  handle: FleetHandle,
  options: LogOptions & { readonly signal: AbortSignal },
  redact: (text: string) => string,
  interval = intervalMilliseconds,
): AsyncIterable<LogLine> {
  const { signal } = options;
  try {
    if (!handle.followLogs) return yield* askAgainAndAgain(handle, options, redact, interval);
    for await (const { node, line } of handle.followLogs(options)) yield { node, line: redact(line) };
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* askAgainAndAgain(
  handle: FleetHandle,
  { role, signal }: LogOptions & { readonly signal: AbortSignal },
  redact: (text: string) => string,
  interval: number,
): AsyncGenerator<LogLine, void> {
  const given = new Map<string, readonly string[]>();
  do {
    const now = new Map<string, string[]>();
    const lines = handle.logs({ ...(role && { role }), signal })[Symbol.asyncIterator]();
    const next = () => lines.next();
    for (let one = await askMaster(handle, next); !one.done; one = await next()) {
      const { node } = one.value;
      const line = redact(one.value.line);
      const soFar = now.get(node);
      if (soFar) soFar.push(line);
      else now.set(node, [line]);
      // Of a node that was read before it is known at the end of the reading what is new.
      if (!given.has(node)) yield { node, line };
    }
    for (const [node, lines] of now) {
      const before = given.get(node);
      if (before) for (const line of newLines(before, lines)) yield { node, line };
      given.set(node, lines);
    }
  } while (await delay(interval, true, { signal }).catch(() => false));
}

/**
 * The lines that came between two readings of a log of which only the last lines are kept: what follows the longest
 * end of the earlier reading that the later one begins with.
 */
export function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let length = Math.min(before.length, now.length); length > 0; length -= 1) {
    const begin = before.length - length;
    if (now.slice(0, length).every((line, index) => line === before[begin + index])) return now.slice(length);
  }
  return now;
}
