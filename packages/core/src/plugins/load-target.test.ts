import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TargetDefinition } from '../target/contract.js';
import { defineTarget } from '../target/define-target.js';
import { assertTarget, loadTarget, validateTargetFactory, type BuiltInTargets } from './load-target.js';

let project = '';
beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'loadwright-plugins-')));
});
afterAll(() => rm(project, { recursive: true }));

/** The source of a definition that needs no import, as a plugin in plain JavaScript might write it. */
const definition = (kind: string, more = '') => `({
  specificationVersion: 1, kind: '${kind}', summary: 'a test', example: {},
  options: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }), jsonSchema: { input: () => ({}), output: () => ({}) } } },
  locustfile: new URL('file:///locustfile.py'), host: () => '', targetConfig: () => ({}), ${more}
})`;
const factory = (kind: string, more?: string) =>
  `Object.assign((options) => ({ options }), { definition: ${definition(kind, more)} })`;

async function given(path: string, content: string) {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), content);
}

async function givenPackage(name: string, module: string, exports: unknown = './main.mjs') {
  await given(`node_modules/${name}/package.json`, JSON.stringify({ name, exports }));
  await given(`node_modules/${name}/main.mjs`, module);
}

const sagemaker = defineTarget({
  specificationVersion: 1,
  kind: 'sagemaker',
  summary: 'a test',
  options: z.strictObject({}),
  example: {},
  locustfile: new URL('file:///locustfile.py'),
  host: () => '',
  targetConfig: () => ({}),
});
const builtIn: BuiltInTargets = { sagemaker: () => Promise.resolve({ default: sagemaker }) };
const load = (reference: string, loaded?: Map<string, string>) =>
  loadTarget(reference, { from: project, builtIn, loaded });

describe('loadTarget', () => {
  it('gives a built-in target without looking further', async () => {
    await givenPackage('sagemaker', 'throw new Error("wrong one")');
    expect(await load('sagemaker')).toBe(sagemaker);
  });

  it.each<[string, string, string]>([
    ['a relative path', './plain.mjs', `export default ${factory('plain')}`],
    [
      'TypeScript',
      './typed.mts',
      `const kind: string = 'typed'; export const typed = ${factory('typed')} as unknown;`,
    ],
    ['CommonJS', './common.cjs', `module.exports = ${factory('common')}`],
    ['compiled CommonJS', './esm.cjs', `exports.__esModule = true; exports.default = ${factory('esm')}`],
    ['the only factory', './named.mjs', `export const version = 1; export const named = ${factory('named')}`],
  ])('loads %s', async (_what, path, source) => {
    await given(path, source);
    const kind = path.slice(2).split('.')[0];
    for (const reference of [path, join(project, path), pathToFileURL(join(project, path)).href]) {
      expect((await load(reference)).definition.kind).toBe(kind);
    }
  });

  it.each<[string, string, unknown]>([
    ['redis', 'loadwright-target-redis', './main.mjs'],
    ['loadwright-target-redis', 'loadwright-target-redis', './main.mjs'],
    ['esm-only', 'loadwright-target-esm-only', { '.': { types: './main.d.ts', import: './main.mjs' } }],
    ['my-own', 'my-own', './main.mjs'],
    ['@acme/target', '@acme/target', { import: './main.mjs' }],
    ['@acme/all/target', '@acme/all', { './target': './main.mjs' }],
  ])('loads %s from the package %s of the project', async (reference, name, exports) => {
    await givenPackage('redis', 'throw new Error("the client of a database, not a target")');
    await givenPackage(name, `export default ${factory('other')}`, exports);
    expect((await load(reference)).definition.kind).toBe('other');
  });

  it('never looks where Loadwright itself is installed', async () => {
    await expect(load('vitest')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
  });

  it.each([
    ['kafka', 'There is no target "kafka"', /^Install it: npm install --save-dev loadwright-target-kafka$/m],
    ['@acme/none', 'There is no target "@acme/none"', /^Install it: npm install --save-dev @acme\/none$/m],
    [
      'sagmaker',
      'There is no target "sagmaker"',
      /^Did you mean "sagemaker"\?\nIf not, install it: npm install/,
    ],
    ['a b; c', 'There is no target "a b; c"', /^Targets that need no installation: sagemaker\./],
    ['./none.mjs', 'There is no target at ./none.mjs', /^Looked for .*none\.mjs/],
  ])('says how to get %s', async (reference, message, hint) => {
    const expected = { code: 'TARGET_NOT_FOUND', message, hint: expect.stringMatching(hint) };
    await expect(load(reference)).rejects.toMatchObject(expected);
  });

  it.each([
    [
      'throws',
      'throw new Error("no database\\nat line 3")',
      'TARGET_INVALID',
      /cannot be loaded: no database$/,
    ],
    [
      'wrong',
      'export default { kind: "x" }',
      'TARGET_INVALID',
      /is not a target: found an object with kind$/,
    ],
    ['nothing', 'export {}', 'TARGET_INVALID', /is not a target: found nothing$/],
    ['syntax', 'export default (', 'TARGET_INVALID', /cannot be loaded: /],
    ['two', `export const a = ${factory('a')}, b = ${factory('b')}`, 'TARGET_INVALID', /no default: a, b$/],
    [
      'unversioned',
      `export default ${factory('a', 'specificationVersion: undefined')}`,
      'TARGET_INVALID',
      /Version: missing/,
    ],
    [
      'newer',
      `export default ${factory('a', 'specificationVersion: 2')}`,
      'TARGET_VERSION_UNSUPPORTED',
      /for version 2 /,
    ],
    [
      'older',
      `export default ${factory('a', 'specificationVersion: 0')}`,
      'TARGET_VERSION_UNSUPPORTED',
      /for version 0 /,
    ],
    [
      'claims',
      `export default ${factory('sagemaker')}`,
      'TARGET_KIND_DUPLICATE',
      /calls itself "sagemaker", as does a target/,
    ],
  ])('refuses a package that %s', async (name, source, code, message) => {
    await givenPackage(`loadwright-target-${name}`, source);
    await expect(load(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('says which side to upgrade', async () => {
    await expect(load('newer')).rejects.toMatchObject({
      hint: expect.stringContaining('Upgrade Loadwright'),
    });
    await expect(load('older')).rejects.toMatchObject({
      hint: expect.stringContaining('Upgrade the target older'),
    });
  });

  it('refuses exports that a package does not have', async () => {
    await givenPackage('@acme/closed', '', { './other': './main.mjs' });
    await expect(load('@acme/closed')).rejects.toMatchObject({
      code: 'TARGET_INVALID',
      message: expect.stringContaining('@acme/closed cannot be loaded: '),
    });
  });

  it('refuses a second target of the same kind', async () => {
    const loaded = new Map<string, string>();
    await given('one.mjs', `export default ${factory('same')}`);
    await given('two.mjs', `export default ${factory('same')}`);
    await load('./one.mjs', loaded);
    await load('./one.mjs', loaded);
    await expect(load('./two.mjs', loaded)).rejects.toMatchObject({
      code: 'TARGET_KIND_DUPLICATE',
      message: expect.stringMatching(/two\.mjs calls itself "same", as does file:.*one\.mjs$/),
    });
  });
});

describe('validateTargetFactory and assertTarget', () => {
  it('accept what defineTarget makes', () => {
    expect(validateTargetFactory(sagemaker, 'sagemaker')).toBe(sagemaker);
    expect(() => assertTarget(sagemaker({}), 'target')).not.toThrow();
  });

  it('list all that is wrong', () => {
    const wrong = {
      specificationVersion: 1,
      kind: 'A b',
      summary: 'x',
      example: {},
      options: {},
      locustfile: './x.py',
    };
    const target = { definition: wrong as unknown as TargetDefinition, options: {} };
    expect(() => assertTarget(target, 'target')).toThrow(
      [
        'target is not a target:',
        'definition.kind: found "A b"; must be a name in lower case with hyphens',
        'definition.options: must be a schema with Standard Schema and Standard JSON Schema, such as one of zod 4.2 or later',
        'definition.locustfile: found "./x.py"; must be the file: URL of a .py file, such as new URL("./locustfile.py", import.meta.url)',
        'definition.host: missing; must be a function',
        'definition.targetConfig: missing; must be a function',
      ].join('\n'),
    );
  });

  it.each([
    [undefined, 'target: missing, expected a target'],
    ['sagemaker', 'target: found "sagemaker", expected a target'],
    [sagemaker, 'target: found a function that makes targets, expected a target'],
    [{ definition: null }, 'target is not a target: definition.specificationVersion: missing, expected 1'],
  ])('refuse %j', (value, message) => {
    expect(() => assertTarget(value, 'target')).toThrow(message);
  });
});
