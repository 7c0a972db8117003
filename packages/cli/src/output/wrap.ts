import { stripVTControlCharacters } from 'node:util';
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
    .flatMap((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(text: string, columns: number): string[] {
  const [indent = ''] = /^ */.exec(text) ?? [];
  const [first = '', ...words] = text.slice(indent.length).split(' ');
  const lines: string[] = [];
  let line = indent + first;
  for (const word of words) {
    if (widthOfText(line) + 1 + widthOfText(word) > columns) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else line = `${line} ${word}`;
  }
  return [...lines, line];
}

function widthOfText(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Words with commas between them, in indented lines no wider than the given number of characters. */
export function wrapList(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  words.forEach((word, index) => {
    const text = index === words.length - 1 ? word : `${word},`;
    if (line !== '' && 2 + line.length + 1 + text.length > columns) {
      lines.push(`  ${line}`);
      line = text;
    } else line = line === '' ? text : `${line} ${text}`;
  });
  return line === '' ? lines : [...lines, `  ${line}`];
}
