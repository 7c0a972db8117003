import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../lib/paths.mjs';

/**
 * The members of an object literal in a TypeScript file, with their values as written and their doc comments.
 *
 * @param {string} file relative to the root
 * @param {string} constant name of the variable
 * @returns {{ name: string, value: string, comment: string }[]}
 */
export function documentedConstants(file, constant) {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.ES2022,
    true,
  );
  const declaration = source.statements
    .filter(ts.isVariableStatement)
    .flatMap((statement) => statement.declarationList.declarations)
    .find((candidate) => candidate.name.getText() === constant);
  let literal = declaration.initializer;
  while (!ts.isObjectLiteralExpression(literal)) literal = literal.expression;
  return literal.properties.map((property) => ({
    name: property.name.getText(),
    value: property.initializer.getText(),
    comment: ts.getTextOfJSDocComment(ts.getJSDocCommentsAndTags(property)[0]?.comment) ?? '',
  }));
}
