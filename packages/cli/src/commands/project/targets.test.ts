import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInTargets } from '../../config/built-in-targets.js';
import { run, TestIo } from '../../../test/support.js';

const kinds = Object.keys(builtInTargets);

describe('loadwright targets', () => {
  it('lists those that come with Loadwright', async () => {
    const { exitCode, stdout } = await run(['targets', 'list']);
    expect(exitCode).toBe(0);
    for (const kind of kinds) expect(stdout).toMatch(new RegExp(`^  ${kind} +yes`, 'm'));
    const json = JSON.parse((await run(['targets', 'list', '--json'])).stdout);
    expect(json.map(({ kind }: { kind: string }) => kind)).toEqual(kinds);
  });

  it.each(kinds)('shows the options of %s from its schema', async (kind) => {
    const { exitCode, stdout, stderr } = await run(['targets', 'show', kind], new TestIo({ columns: 120 }));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { options } = JSON.parse((await run(['targets', 'show', kind, '--json'])).stdout);
    for (const name of Object.keys(options.properties)) expect(stdout).toContain(`\n  ${name} `);
  });

  it('cuts nothing through a pipe, where somebody may search', async () => {
    const { stdout } = await run(['targets', 'show', 'rest'], new TestIo());
    expect(stdout).toContain(' string | object | list of object ');
    expect(stdout).toContain(' "application/json" ');
  });

  it('shows variables and permissions', async () => {
    const { stdout } = await run(['targets', 'show', 'sagemaker']);
    expect(stdout).toMatch(/AWS_SECRET_ACCESS_KEY +required, secret/);
    expect(stdout).toContain('sagemaker:InvokeEndpoint');
  });

  it('shows a target of the project', async () => {
    const io = new TestIo();
    await writeFile(join(io.cwd, 'locustfile.py'), '');
    await writeFile(
      join(io.cwd, 'mine.mjs'),
      `const schema = {
        '~standard': {
          version: 1,
          vendor: 'mine',
          validate: (value) => ({ value }),
          jsonSchema: { input: () => ({ type: 'object', properties: { url: { type: 'string' } } }) },
        },
      };
      const definition = {
        specificationVersion: 1,
        kind: 'mine',
        summary: 'My own',
        options: schema,
        example: { url: 'http://mine.example' },
        locustfile: new URL('./locustfile.py', import.meta.url),
        host: ({ url }) => url,
        targetConfig: () => ({}),
      };
      export default Object.assign((options) => ({ definition, options }), { definition });`,
    );
    const { exitCode, stdout, stderr } = await run(['targets', 'show', './mine.mjs'], io);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('mine: My own');
    expect(stdout).toContain('It has no emulator.');
  });

  it('suggests a target for a mistyped one', async () => {
    const { exitCode, stderr } = await run(['targets', 'show', 'databrick']);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('databricks');
  });
});
