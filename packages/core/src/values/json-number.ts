import { randomBytes } from 'node:crypto';

/** What marks a number among the texts of a document that is parsed. */
const mark = `\u0000${randomBytes(9).toString('base64')}:`;
const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const tokenStart = /["\d-]/g;
const numberToken = /-?\d[\d.eE+-]*/y;

/** A number that keeps the text in which it was written: `9007199254740993`, `2.0`, `-0`. */
export class JsonNumber {
  /** @param text A number as JSON writes it. */
  constructor(readonly text: string) {
    if (!numberText.test(text)) throw new TypeError(`not a number in JSON: ${text}`);
  }

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  /** As near as JavaScript comes to it, where {@link stringifyJson} does not write it. */
  toJSON(): number {
    return this.valueOf();
  }
}

/** @returns a {@link JsonNumber} where JavaScript would write the number in another way, else the number. */
export function readNumber(text: string): number | JsonNumber {
  const number = Number(text);
  return JSON.stringify(number) === text || !numberText.test(text) ? number : new JsonNumber(text);
}

/**
 * As `JSON.parse`, but numbers that JavaScript would change are {@link JsonNumber}s.
 *
 * @throws SyntaxError of `JSON.parse`
 */
export function parseJson(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  let isChanged = false;
  const marked = mapTokens(text, (token) => {
    if (token.startsWith('"') || typeof readNumber(token) === 'number') return token;
    isChanged = true;
    return JSON.stringify(mark + token);
  });
  if (!isChanged) return plain;
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? new JsonNumber(value.slice(mark.length)) : value,
  );
}

/** As `JSON.stringify`, but {@link JsonNumber}s and bigints are written in full. */
export function stringifyJson(value: unknown, indent?: number): string {
  let isChanged = false;
  const text = JSON.stringify(
    value,
    function (this: Record<string, unknown>, key, given: unknown) {
      // A JsonNumber has been through its toJSON already.
      const item = this[key] instanceof JsonNumber ? this[key] : given;
      if (!(item instanceof JsonNumber || typeof item === 'bigint')) return item;
      isChanged = true;
      return mark + String(item);
    },
    indent,
  );
  if (!isChanged) return text;
  const start = JSON.stringify(mark).slice(0, -1);
  return mapTokens(text, (token) => (token.startsWith(start) ? token.slice(start.length, -1) : token));
}

/** Replaces the strings and the numbers of a JSON text. Not one expression: long strings would exhaust its stack. */
function mapTokens(text: string, map: (token: string) => string): string {
  let result = '';
  let copied = 0;
  for (tokenStart.lastIndex = 0; ;) {
    const start = tokenStart.exec(text)?.index;
    if (start === undefined) return result + text.slice(copied);
    const end = text[start] === '"' ? endOfString(text, start) : endOfNumber(text, start);
    const token = text.slice(start, end);
    const replacement = map(token);
    if (replacement !== token) {
      result += text.slice(copied, start) + replacement;
      copied = end;
    }
    tokenStart.lastIndex = end;
  }
}

function endOfString(text: string, start: number): number {
  for (let end = start; ;) {
    end = text.indexOf('"', end + 1);
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function endOfNumber(text: string, start: number): number {
  numberToken.lastIndex = start;
  numberToken.test(text);
  return numberToken.lastIndex;
}

/** An object as JSON has them, and none of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Whole numbers that JavaScript has changed already, where they stand: `[3].user_id`. */
export function* changedIntegers(value: unknown, path = ''): Generator<string> {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) yield path;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* changedIntegers(item, `${path}[${index}]`);
  } else if (isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      yield* changedIntegers(item, path === '' ? key : `${path}.${key}`);
    }
  }
}
