import { join } from 'node:path';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from './lib/paths.mjs';

const eslint = new ESLint({ cwd: root });

/** The rules that a file with this one line would break. */
async function brokenRules(file, line) {
  const [result] = await eslint.lintText(`${line}\n`, { filePath: join(root, 'packages', file) });
  return result.messages.map((message) => message.ruleId);
}

// Without a project graph in its cache the rule skips itself, with a warning only.
beforeAll(() => createProjectGraphAsync({ exitOnError: false }), 120_000);

describe('the arrow cli → {targets, infra} → core', () => {
  it.each([
    ['core/src/probe.ts', `export * from '@loadwright/targets/sagemaker';`],
    ['core/src/probe.ts', `export * from '@loadwright/infra/local';`],
    ['core/src/probe.ts', `export const later = () => import('@loadwright/cli');`],
    ['targets/src/probe.ts', `export * from '@loadwright/infra/local';`],
    ['targets/src/probe.ts', `export * from '@loadwright/cli';`],
    ['infra/src/probe.ts', `export * from '@loadwright/targets/dht';`],
    ['infra/src/probe.ts', `export * from '../../core/src/errors.js';`],
    ['infra/src/probe.ts', `export * from '@loadwright/aws-stand-in';`],
    ['cli/src/probe.ts', `export * from '@loadwright/aws-stand-in';`],
    ['cli/test/probe.ts', `export * from '../../../tools/aws-stand-in/src/moto.js';`],
    ['targets/test/probe.ts', `export * from '@loadwright/aws-stand-in';`],
    ['../tools/aws-stand-in/src/probe.ts', `export * from '@loadwright/infra/ec2';`],
    ['cli/test/probe.ts', `export * from '../../infra/src/ec2/fleet.js';`],
    ['cli/test/probe.ts', `export * from '../../infra/test/matrix.js';`],
    ['cli/test/probe.ts', `export * from '@loadwright/aws-stand-in';`],
    ['cli/src/probe.test.ts', `export * from '@loadwright/e2e';`],
  ])('forbids in %s: %s', async (file, line) => {
    expect(await brokenRules(file, line)).toContain('@nx/enforce-module-boundaries');
  });

  it.each([
    ['targets/src/probe.ts', `export * from '@loadwright/core/target';`],
    ['infra/src/probe.ts', `export * from '@loadwright/core/testing';`],
    ['cli/src/probe.ts', `export * from '@loadwright/targets/chalice';`],
    ['cli/src/probe.ts', `export * from '@loadwright/infra/local';`],
    ['../e2e/probe.ts', `export * from '../packages/infra/test/matrix.js';`],
    ['../e2e/probe.ts', `export * from '../packages/cli/src/main.js';`],
    ['infra/test/probe.ts', `export * from '@loadwright/aws-stand-in';`],
    ['infra/src/probe.test.ts', `export * from '@loadwright/aws-stand-in';`],
    ['../e2e/probe.ts', `export * from '@loadwright/aws-stand-in';`],
  ])('allows in %s: %s', async (file, line) => {
    expect(await brokenRules(file, line)).toEqual([]);
  });

  it('forbids a dependency that only another package declares', async () => {
    expect(await brokenRules('core/src/probe.ts', `export * from 'execa';`)).toContain(
      '@nx/enforce-module-boundaries',
    );
  });
});

describe('a text of the packages below the command names none', () => {
  it.each([
    ['core/src/probe.ts', `export const hint = 'Remove it: loadwright destroy lab';`],
    ['infra/src/probe.ts', 'export const hint = (id: string) => `Remove it: loadwright destroy ${id}`;'],
    ['infra/src/probe.ts', 'export const hint = (command: string) => `Type loadwright ${command}`;'],
    ['targets/src/probe.ts', `export const hint = 'Type loadwright ' + 'doctor';`],
    ['core/src/probe.ts', `export const hint = 'npx --no-install loadwright';`],
  ])('in %s: %s', async (file, line) => {
    expect(await brokenRules(file, line)).toContain('no-restricted-syntax');
  });

  it.each([
    ['core/src/probe.ts', `export const file = 'loadwright.config.json'; // see loadwright init`],
    ['cli/src/probe.ts', `export const hint = 'Remove it: loadwright destroy lab';`],
  ])('unlike in %s: %s', async (file, line) => {
    expect(await brokenRules(file, line)).toEqual([]);
  });
});

it.each([
  ['targets/src/probe.ts', `export { LoadwrightError } from '@loadwright/core';`],
  ['infra/src/local/probe.ts', `export { LoadwrightError } from '@loadwright/core';`],
  ['infra/src/aws/probe.ts', `export { LoadwrightError } from '@loadwright/core';`],
  ['infra/src/aws/probe.ts', `export * from '../ec2/fleet.js';`],
])('in %s an entry point of others is refused: %s', async (file, line) => {
  expect(await brokenRules(file, line)).toContain('no-restricted-imports');
});

it('a circle of imports is refused', async () => {
  // `errors.ts` is imported by `validation/problems.ts`.
  expect(await brokenRules('core/src/errors.ts', `export * from './validation/problems.js';`)).toContain(
    'import-x/no-cycle',
  );
  expect(await brokenRules('core/src/errors.ts', `export * from './exit-codes.js';`)).toEqual([]);
});
