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
