import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { whyUnreadable } from '@loadwright/core/config';
import { wrongCommand } from './curl-error.js';
import type { FormPart } from './requests.js';

/** A data option of a command, in its place. */
export interface DataOption {
  readonly name: string;
  readonly value: string;
}

/** What a command sends as its body: a text, or a file as it is. */
export type Data = { readonly text: string } | { readonly file: string };

const dataNames = new Set(['data', 'data-ascii', 'data-raw', 'data-binary', 'json', 'data-urlencode']);

/**
 * The body that data options make together, in their order.
 *
 * @param directory the files that they name are relative to it
 * @throws LoadwrightError `USAGE` for a file that cannot be read.
 */
export function dataOf(options: readonly DataOption[], directory: string): Data | undefined {
  const parts = options.filter(({ name }) => dataNames.has(name));
  const [only] = parts;
  if (only === undefined) return undefined;
  const file = /^@(.+)/s.exec(only.value)?.[1];
  if (parts.length === 1 && file !== undefined && ['data-binary', 'json'].includes(only.name)) {
    read(file, directory);
    return { file };
  }
  const texts = parts.map(({ name, value }) => textOf(name, value, directory));
  return { text: texts.join(parts.some(({ name }) => name === 'json') ? '' : '&') };
}

function textOf(name: string, value: string, directory: string): string {
  if (name === 'data-urlencode') return encoded(value, directory);
  if (name === 'data-raw' || !value.startsWith('@')) return value;
  const content = textOfFile(value.slice(1), directory);
  // As curl does it: --data takes the lines of a file together.
  return name === 'data' || name === 'data-ascii' ? content.replace(/[\r\n\0]/g, '') : content;
}

/** As curl does it: `content`, `=content`, `name=content`, `@file` and `name@file`, of which the content is encoded. */
export function encoded(value: string, directory: string): string {
  const mark = value.search(/[=@]/);
  if (mark < 0) return escaped(value);
  const rest = value.slice(mark + 1);
  const name = value.slice(0, mark);
  return `${name && `${name}=`}${escaped(value[mark] === '@' ? textOfFile(rest, directory) : rest)}`;
}

/** RFC 3986, section 2.3, with a plus for a blank. */
function escaped(content: string): string {
  return encodeURIComponent(content)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** What curl takes a file for by its ending; all else is application/octet-stream. */
const types: Readonly<Record<string, string>> = {
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.pdf': 'application/pdf',
  '.xml': 'application/xml',
};

/** A part of a form: `name=value`, `name=@file;type=…;filename=…` or `name=<file`. @throws LoadwrightError `USAGE`. */
export function formPart({ name: option, value }: DataOption, directory: string): FormPart {
  const mark = value.indexOf('=');
  if (mark < 1) throw wrongCommand(`its form "${value.slice(0, 40)}" has no name`);
  const name = value.slice(0, mark);
  const content = value.slice(mark + 1);
  if (option === 'form-string') return { name, value: content };
  const kind = /^[@<]/.exec(content)?.[0];
  const { first, attributes } = cut(kind ? content.slice(1) : content);
  const type = attributes['type'];
  if (kind === undefined) return { name, value: first, type };
  if (kind === '<') return { name, value: textOfFile(first, directory), type };
  if (first.includes(','))
    throw wrongCommand(`its form field ${name} has several files`, 'import one of them');
  read(first, directory);
  return {
    name,
    file: first,
    filename: attributes['filename'] ?? basename(first),
    type: type ?? types[extname(first).toLowerCase()] ?? 'application/octet-stream',
  };
}

/** The value of a form, which may be in quotes, and what follows it: `;type=text/csv`. */
function cut(content: string): { first: string; attributes: Record<string, string> } {
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(content);
  const first = quoted
    ? quoted[1]!.replace(/\\(["\\])/g, '$1')
    : /^(?:(?!;\s*(?:type|filename|headers|encoder)=).)*/s.exec(content)![0];
  const attributes: Record<string, string> = {};
  for (const [, name, plain] of content
    .slice(quoted ? quoted[0].length : first.length)
    .matchAll(/;\s*(\w+)=("[^"]*"|[^;]*(?:;\s*charset=[^;]*)?)/g)) {
    attributes[name!] = plain!.replace(/^"|"$/g, '').trim();
  }
  return { first, attributes };
}

function read(file: string, directory: string): Buffer {
  if (file === '-') throw wrongCommand('it reads standard input', 'give the content, or name a file');
  try {
    return readFileSync(resolve(directory, file));
  } catch (error) {
    throw wrongCommand(
      `it names the file ${file}, which cannot be read: ${whyUnreadable(file, error)}`,
      'run the import in the folder that the paths of the command are relative to',
    );
  }
}

/** The content of a file. @throws LoadwrightError `USAGE` when it is no text. */
export function textOfFile(file: string, directory: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(read(file, directory));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw wrongCommand(
      `the file ${file} holds no text in UTF-8`,
      'send it as it is, with --data-binary alone',
    );
  }
}
