import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from './lib/paths.mjs';

const folders = ['packages', 'examples', 'docs/examples', 'tools/action'];
const notOurs = /(^|\/)(node_modules|dist|\.cache|\.venv|cdk\.out|__pycache__|test)\//;
const isTest = /(\.test\.\w+|(^|\/)test_\w+\.py|_harness\.py)$/;

/** What people read, file by file: texts of programs without their comments, and pages. */
const texts = folders
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((path) => !notOurs.test(path) && !isTest.test(path))
  .flatMap((path) => readTexts(path).map(([line, text]) => ({ place: `${path}:${line}`, text })));

/** @returns the texts in a file, each with its line */
function readTexts(path) {
  const content = () => readFileSync(join(root, path), 'utf8');
  if (/\.(ts|mts|mjs|js)$/.test(path)) return literalsOf(path, content());
  if (path.endsWith('.py')) return pythonLiterals(content());
  if (/\.(eta|html|template)$/.test(path))
    return content()
      .split('\n')
      .map((line, index) => [index + 1, line]);
  return [];
}

function literalsOf(path, content) {
  const file = ts.createSourceFile(path, content, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    // Names of files are no texts.
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node)
    )
      found.push([file.getLineAndCharacterOfPosition(node.getStart()).line + 1, node.text]);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Without docstrings, which are comments. */
function pythonLiterals(content) {
  const code = content
    .replace(/"""[^]*?"""/g, (text) => text.replace(/[^\n]/g, ''))
    .replace(/^((?:[^"'#\n]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')*)#.*$/gm, '$1');
  return code
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g)].map(([text]) => [index + 1, text]),
    );
}

describe('what people read', () => {
  it('is found in programs, pages and templates', () => {
    expect(texts.length).toBeGreaterThan(5000);
    for (const kind of [/\.ts:/, /\.py:/, /\.eta:/, /\.template:/])
      expect(texts.filter(({ place }) => kind.test(place)).length, kind.source).toBeGreaterThan(10);
  });

  // A service reports, a command prints, a flag overrides; a fleet is deployed. A name may stand for something.
  it('has no program that tells, and nothing that stands', () => {
    const ruledOut = /\b(standing|stands(?! for\b)|told|tells|takes? the place of)\b/i;
    expect(
      texts.filter(({ text }) => ruledOut.test(text)).map(({ place, text }) => `${place} ${text}`),
    ).toEqual([]);
  });
});
