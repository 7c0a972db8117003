import wrapAnsi from 'wrap-ansi';
import type { OutputStream } from '../shell/io.js';

/** Width of a terminal that does not tell its own, in characters. */
const usualColumns = 80;

/** Width of a terminal in characters; undefined for what is none, where lines are as long as they are. */
export function widthOf(stream: OutputStream): number | undefined {
  return stream.isTTY ? columnsOf(stream) : undefined;
}

/** Characters in a line. A terminal without a size of its own, as of `docker exec -t` or expect, says 0. */
export function columnsOf({ columns }: OutputStream): number {
  return columns === undefined || columns < 1 ? usualColumns : columns;
}

/** Breaks lines that are too wide between words; what follows is indented by two more than its line. */
export function wrapText(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  if (!wrapAnsi(line, columns).includes('\n')) return line;
  const [indent = ''] = /^ */.exec(line) ?? [];
  const wrapped = wrapAnsi(line.slice(indent.length), columns - indent.length - 2);
  return indent + wrapped.replaceAll('\n', `\n${indent}  `);
}

/** Words with commas between them, in indented lines no wider than the given number of characters. */
export function wrapList(words: readonly string[], columns: number): string[] {
  if (words.length === 0) return [];
  return wrapAnsi(words.join(', '), columns - 2)
    .split('\n')
    .map((line) => `  ${line}`);
}
