import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from './lib/paths.mjs';

const folders = ['packages', 'examples', 'docs/examples', 'tools/action'];
const notOurs = /(^|\/)(node_modules|dist|\.cache|\.venv|cdk\.out|__pycache__|test)\//;
const isTest = /(\.test\.\w+|(^|\/)test_\w+\.py|_harness\.py)$/;

const files = folders
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((path) => /\.(ts|mts|mjs|js|py|eta|html|template)$/.test(path))
  .filter((path) => !notOurs.test(path) && !isTest.test(path));

/** @returns what people read of a file, each with its line: texts of programs without their comments, and whole pages */
function textsOf(path, content) {
  if (/\.(ts|mts|mjs|js)$/.test(path)) return literalsOf(path, content);
  if (path.endsWith('.py')) return pythonLiterals(content);
  return content.split('\n').map((line, index) => [index + 1, line]);
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

// A service reports, a command prints, a flag overrides; a fleet is deployed. A name may stand for something.
const ruledOut = /\b(standing|stands(?! for\b)|told|tells|takes? the place of)\b/i;

/** Texts with such words. */
function ruledOutIn(path, content) {
  // Most files have none of them, and need not be parsed.
  if (!ruledOut.test(content)) return [];
  return textsOf(path, content)
    .filter(([, text]) => ruledOut.test(text))
    .map(([line, text]) => `${path}:${line} ${text}`);
}

describe('what people read', () => {
  it('has no program that tells, and nothing that stands', () => {
    expect(files.length).toBeGreaterThan(1000);
    expect(files.flatMap((path) => ruledOutIn(path, readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it.each([
    ['a.ts', "print('It tells.'); // It tells.", 1],
    ['a.ts', 'print(`It ${x} tells ${y} what it was told.`); const told = 1;', 2],
    ['a.ts', "import { a } from './standing-fleet.js'; print('It stands for a value.');", 0],
    ['a.py', 'def a():\n    """It tells."""\n    raise ValueError(f"it was told {a}")  # "It tells"', 1],
    ['a.eta', '<p>What it told.</p>', 1],
    ['a.py.template', '"""What it tells."""', 1],
  ])('is found in %s: %s', (path, content, count) => expect(ruledOutIn(path, content)).toHaveLength(count));
});
