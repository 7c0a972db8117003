/** What the cells of a column may become in JSON: every one of the same type, or null. */
export const columnTypes = ['integer', 'number', 'boolean', 'text'] as const;

/** What the cells of a column become in JSON. */
export type ColumnType = (typeof columnTypes)[number];

/** As pandas writes and reads numbers: `.5`, `1.`, `+2`. `007` is the name of something, and no number. */
const number = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const integer = /^[+-]?(?:0|[1-9]\d*)$/;
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const booleans: Readonly<Record<string, string>> = { true: 'true', false: 'false' };
/** How programs write that a number, or a yes or no, is missing. In text they may be words. */
const missing = /^(?:|nan|null|none|n\/?a|#n\/a)$/i;

/** A column that is text because of one cell: those before it are of another type. */
export interface TurnedColumn {
  /** Number of its row in the file, from 1. */
  readonly row: number;
  readonly cell: string;
  readonly before: Exclude<ColumnType, 'text'>;
}

/** Finds the type that all cells of a column have. */
export class ColumnTypes {
  readonly #types: (ColumnType | undefined)[];
  readonly #turned = new Map<number, TurnedColumn>();

  /** @param given The type of each column; undefined: it is to be found. */
  constructor(private readonly given: readonly (ColumnType | undefined)[]) {
    this.#types = [...given];
  }

  /**
   * Looks at a row.
   *
   * @param row Its number in the file, from 1.
   * @returns the index of the first cell that is not of the type given for its column.
   */
  add(record: readonly string[], row: number): number | undefined {
    for (let index = 0; index < this.#types.length; index += 1) {
      const type = this.#types[index];
      if (type === 'text') continue;
      const cell = record[index] ?? '';
      const bare = cell.trim();
      if (missing.test(bare)) continue;
      const found = common(type, typeOf(bare));
      this.#types[index] = found;
      // Digits that begin with 0 are a name, as the documentation says.
      if (found === 'text' && type !== undefined && !/^0\d+$/.test(bare)) {
        this.#turned.set(index, { row, cell, before: type });
      }
      const given = this.given[index];
      if (given !== undefined && this.#types[index] !== given) return index;
    }
    return undefined;
  }

  /** Those that one cell alone made text, by index. */
  get turned(): ReadonlyMap<number, TurnedColumn> {
    return this.#turned;
  }

  /** An empty column may have any type but text: all of its values are missing. */
  get all(): readonly ColumnType[] {
    return this.#types.map((type) => type ?? 'number');
  }
}

/** Whether it is a number, a date or empty, also with a comma before the fraction. */
export function looksNumeric(cell: string): boolean {
  return /^[\s\d.,:eE+-]*$/.test(cell);
}

function typeOf(cell: string): ColumnType {
  if (integer.test(cell)) return 'integer';
  if (number.test(cell)) return 'number';
  return Object.hasOwn(booleans, cell.toLowerCase()) ? 'boolean' : 'text';
}

function common(one: ColumnType | undefined, other: ColumnType): ColumnType {
  if (one === undefined || one === other) return other;
  const isNumeric = (type: ColumnType) => type === 'integer' || type === 'number';
  return isNumeric(one) && isNumeric(other) ? 'number' : 'text';
}

/** A cell as JSON. Digits stay as they were written; a column with fractions has them in every cell. */
export function cellAsJson(cell: string, type: ColumnType): string {
  if (type === 'text') return cell === '' ? 'null' : JSON.stringify(cell);
  const bare = cell.trim();
  if (missing.test(bare)) return 'null';
  if (type === 'boolean') return booleans[bare.toLowerCase()]!;
  const digits = jsonNumber.test(bare) ? bare : respelled(bare);
  return type === 'number' && integer.test(bare) ? `${digits}.0` : digits;
}

/** `+.5` is `0.5`, and `1.` is `1.0`. */
function respelled(cell: string): string {
  return cell
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?!\d)/, '.0');
}
