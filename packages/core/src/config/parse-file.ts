import { Lexer, parseDocument, Parser, visit, type Document } from 'yaml';
import { JsonNumber, parseJson, readNumber } from '../values/json-number.js';

/** The value of a file in JSON. Numbers that JavaScript would change are kept as they are written. @throws SyntaxError */
export function parseJsonFile(text: string): unknown {
  return parseJson(text.replace(/^\uFEFF/, ''));
}

/** The value of a file in YAML 1.2, numbers as {@link parseJsonFile} keeps them. @throws SyntaxError, with the place */
export function parseYamlFile(text: string): unknown {
  requireShallow(text);
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (error) {
    const [start] = error.linePos ?? [];
    // What follows quotes the file, which may hold a secret.
    const reason = (error.message.split('\n', 1)[0] ?? '')
      .replace(/ at line \d+, column \d+:?$/, '')
      .replace(/: ".*$/, '');
    if (hasUnquotedVariable(text)) {
      const place = start ? ` (${start.line}:${start.col})` : '';
      throw new SyntaxError(`${reason}${place}: quote it: in { } and [ ] write "\${NAME}", not \${NAME}`);
    }
    throw new SyntaxError(start ? `${reason} (${start.line}:${start.col})` : reason);
  }
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'number' || node.source === undefined) return;
      const number = readNumber(node.source);
      if (number instanceof JsonNumber) node.value = number;
    },
  });
  const value = valueOf(document);
  if (value === null) throw new SyntaxError('it is empty');
  return value;
}

/** YAML takes the brace of `{ name: ${NAME} }` for the beginning of another object. */
function hasUnquotedVariable(text: string): boolean {
  return /[{[,:]\s*\$\{[^}]*\}[^\S\n]*[,}\]]/.test(text);
}

/** The most values that aliases may add to a file: a few lines of them can stand for more than any memory holds. */
const mostAliased = 1000;

function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliased });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    // Its message quotes the alias, and a secret that begins with an asterisk is one.
    throw new SyntaxError(
      error.message.startsWith('Excessive')
        ? 'its aliases (*name) stand for too many values'
        : 'an alias (*name) has no anchor (&name) before it; a text that begins with * needs quotes',
    );
  }
}

/** How deep a file may nest: what nests deeper takes the parser minutes, and no configuration does. */
const deepest = 200;

function requireShallow(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // What it yields are whole documents, which are parsed later.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > deepest) throw new SyntaxError(`it nests deeper than ${deepest} levels`);
  }
}
