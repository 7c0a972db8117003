import { LoadwrightError } from '../errors.js';
import { formatNumber } from '../values/format.js';
import type { RecordLines } from './record.js';

/** Levels of lists and objects. Python stops at a thousand frames; writing a value takes two a level, and Locust has some. */
const mostLevels = 200;

/** Digits of a whole number: Python's own limit, `sys.int_info.default_max_str_digits`. */
const mostDigits = 4300;

/**
 * Lines as they come, until one that is JSON and that the test, in Python, could not read: it would fail as each request's
 * `payload`.
 *
 * @param name Of the source, for the message.
 * @throws LoadwrightError `PAYLOADS_INVALID`
 */
export async function* readable(all: RecordLines, name: string): RecordLines {
  let number = 0;
  for await (const lines of all) {
    for (const line of lines) {
      number++;
      // A shorter one has neither.
      const problem =
        line.length > 2 * mostLevels && line.startsWith('{"json":') ? problemOf(line) : undefined;
      if (problem === undefined) continue;
      throw new LoadwrightError('PAYLOADS_INVALID', `${name}: payload ${formatNumber(number)} ${problem}`, {
        hint: 'The test reads payloads with Python, which stops there. Shorten it, or send the file as it is: format binary.',
      });
    }
    yield lines;
  }
}

/** Of the text of a JSON value: what Python does not read of it. */
function problemOf(json: string): string | undefined {
  let [levels, digits, isText] = [0, 0, false];
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (isText) {
      if (code === backslash) index++;
      else if (code === quote) isText = false;
      continue;
    }
    if (code >= zero && code <= nine) {
      digits++;
      continue;
    }
    // One with a fraction or an exponent is a float, of any length.
    if (digits > mostDigits && !floats.has(code))
      return `has a whole number of ${formatNumber(digits)} digits, at most ${formatNumber(mostDigits)} are read`;
    digits = floats.has(code) ? -Infinity : 0;
    if (code === quote) isText = true;
    else if (code === openBracket || code === openBrace) {
      // The line itself is an object.
      if (++levels > mostLevels + 1) return `is nested more than ${mostLevels} levels deep`;
    } else if (code === closeBracket || code === closeBrace) levels--;
  }
  return undefined;
}

const [quote, backslash, zero, nine] = [0x22, 0x5c, 0x30, 0x39];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
/** `.`, `e` and `E`. */
const floats: ReadonlySet<number> = new Set([0x2e, 0x65, 0x45]);
