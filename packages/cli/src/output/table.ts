import Table from 'cli-table3';
import type { Colors } from './colors.js';

const noLines = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** How a fact is shown in a line of its own: its name, padded so that facts below each other line up, and its text. */
export function factFormatter(colors: Colors): (name: string, text: string) => string {
  return (name, text) => `  ${colors.dim(name.padEnd(12))}${text}`;
}

/** A column of a table: its title, and on which side its values stand. */
export type Column = string | { readonly title: string; readonly align: 'right' };

/**
 * A table without lines, for people.
 *
 * @param wrap Width in characters of the last column, whose text is wrapped. Default: as wide as its text.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  wrap?: number,
): string {
  const titles = columns.map((column) => (typeof column === 'string' ? column : column.title));
  const table = new Table({
    head: titles.map((title) => colors.dim(title)),
    chars: noLines,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => (typeof column === 'string' ? 'left' : column.align)),
    ...(wrap !== undefined && {
      wordWrap: true,
      colWidths: columns.map((_, index) => (index === columns.length - 1 ? wrap : null)),
    }),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}
