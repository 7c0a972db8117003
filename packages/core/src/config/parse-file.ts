import { parseDocument, visit } from 'yaml';
import { JsonNumber, parseJson, readNumber } from '../json-number.js';

/** The value of a file in JSON. Numbers that JavaScript would change are kept as they are written. @throws SyntaxError */
export function parseJsonFile(text: string): unknown {
  return parseJson(text.replace(/^\uFEFF/, ''));
}

/** The value of a file in YAML 1.2, numbers as {@link parseJsonFile} keeps them. @throws SyntaxError, with the place */
export function parseYamlFile(text: string): unknown {
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (error) {
    const [start] = error.linePos ?? [];
    // What follows quotes the file, which may hold a secret.
    const reason = (error.message.split('\n', 1)[0] ?? '')
      .replace(/ at line \d+, column \d+:?$/, '')
      .replace(/: ".*$/, '');
    throw new SyntaxError(start ? `${reason} (${start.line}:${start.col})` : reason);
  }
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'number' || node.source === undefined) return;
      const number = readNumber(node.source);
      if (number instanceof JsonNumber) node.value = number;
    },
  });
  const value: unknown = document.toJS();
  if (value === null) throw new SyntaxError('it is empty');
  return value;
}
