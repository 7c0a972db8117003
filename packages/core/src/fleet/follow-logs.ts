import { setTimeout as delay } from 'node:timers/promises';
import { askMaster } from './ask-master.js';
import type { FleetHandle, LogLine, LogOptions } from './contract.js';

/** Time between two looks where a kind cannot follow, in milliseconds: workers hand on their lines every few seconds. */
const intervalMilliseconds = 1000;

/**
 * The log lines so far, and then those that come, until the signal aborts. A kind that follows by itself is read as it
 * writes; any other is asked again and again, and gives only what it has not given before.
 */
export async function* followLogs(
  handle: FleetHandle,
  { role, signal }: Omit<LogOptions, 'follow'> & { readonly signal: AbortSignal },
  redact: (text: string) => string,
  interval = intervalMilliseconds,
): AsyncIterable<LogLine> {
  const given = new Map<string, readonly string[]>();
  do {
    const now = new Map<string, string[]>();
    try {
      const lines = handle.logs({ ...(role && { role }), follow: true, signal })[Symbol.asyncIterator]();
      const next = () => lines.next();
      // Only the first answer shows a silent master: a fleet may have nothing to say for hours.
      for (let one = await askMaster(handle, next); !one.done; one = await next()) {
        const { node } = one.value;
        const line = redact(one.value.line);
        const soFar = now.get(node);
        if (soFar) soFar.push(line);
        else now.set(node, [line]);
        // Of a node that was read before it is known at the end of the reading what is new.
        if (!given.has(node)) yield { node, line };
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error;
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
