/**
 * What a terminal or a reader would obey rather than show: C0 but line break and tab, DEL, C1, marks of direction,
 * separators of lines, and what has no width. Half of a surrogate pair is no character at all.
 */
const commanding =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A text of somebody else as it may be shown: such characters become `\u001b`, which is also how JSON writes them. */
export function printable(text: string): string {
  return text.replace(commanding, escape);
}

/** The colours that Loadwright itself uses: bold, dim, red, green, yellow, cyan, and their ends. */

const colour = /(\u001b\[(?:1|2|22|31|32|33|36|39)m)/;

/** Text that is written to a terminal: {@link printable}, but for Loadwright's own colours. */
export function printableInColour(text: string): string {
  return text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('');
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * One cell of a CSV file (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it, and
 * what a terminal would obey is written out.
 */
export function csvCell(value: string | number | null | undefined): string {
  const text = typeof value === 'string' ? withoutFormula(printable(value)) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function withoutFormula(text: string): string {
  // Also behind blanks, and where a spreadsheet would find full-width signs.
  const isFormula = /^[\s'"]*[=+\-@\t\uff1d\uff0b\uff0d\uff20]/.test(text);
  return isFormula && !/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
}
