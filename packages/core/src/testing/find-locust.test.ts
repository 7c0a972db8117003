import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findSuiteLocust } from './find-locust.js';

const project = mkdtempSync(join(tmpdir(), 'loadwright-suite-'));
afterAll(() => rmSync(project, { recursive: true }));
const PATH = join(project, 'no-commands');

describe('the Locust of a suite', () => {
  it('is the one that is named', async () => {
    expect(await findSuiteLocust(project, { LOADWRIGHT_LOCUST: '/opt/locust', PATH })).toBe('/opt/locust');
  });

  it('is said to be missing, with what to do', async () => {
    await expect(findSuiteLocust(project, { PATH })).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      hint: expect.stringMatching(/npm install --save-dev @loadwright\/cli.*pip install locust/),
    });
  });

  it('is the managed one where the command is installed', async () => {
    const installed = join(project, 'node_modules', '@loadwright', 'infra');
    mkdirSync(installed, { recursive: true });
    const exports = { './local': { default: './local.mjs' } };
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: '@loadwright/infra', exports }));
    const text = 'export const ensureLocust = async () => ({ executable: "/cache/locust" });\n';
    writeFileSync(join(installed, 'local.mjs'), text);
    expect(await findSuiteLocust(project, { PATH })).toBe('/cache/locust');
  });
});
