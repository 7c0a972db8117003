import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadWorkflow } from '../workflow/load-workflow.js';
import { locateConfigFile, readConfigFile } from './read-file.js';

const folder = async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-read-'));
  await writeFile(join(cwd, 'list.json'), '[]');
  return cwd;
};

it('says where the syntax of a program is wrong, also in a file that it imports', async () => {
  const cwd = await folder();
  const reasonIn = (file: string) =>
    readConfigFile(join(cwd, file)).then(
      () => 'none',
      (error: unknown) => (error as Error).message,
    );
  await writeFile(join(cwd, 'broken.ts'), 'export default {\n  load: [1,\n  };\n');
  await writeFile(join(cwd, 'importing.ts'), "import load from './broken.ts';\nexport default { load };\n");
  expect(await reasonIn('broken.ts')).toBe('broken.ts cannot be read: Unexpected token (3:3)');
  expect(await reasonIn('importing.ts')).toBe(
    'importing.ts cannot be read: Unexpected token (broken.ts:3:3)',
  );
});

const absent = 'there is no such file';
const wrong = [
  ['absent.json', absent],
  ['list.json/below.json', absent],
  ['', 'found an empty name, expected the name of a file'],
] as const;

it.each<readonly [string, string]>([
  ...wrong,
  ['list.json', 'found no configuration, expected an object with target'],
])('says what was found of the configuration file %j', async (file, says) => {
  const cwd = await folder();
  await expect(locateConfigFile(cwd, file).then((path) => readConfigFile(path))).rejects.toMatchObject({
    message: `${file || 'configuration file'}: ${says}`,
    next: [{ action: 'create-configuration' }],
  });
});

it.each([
  ['.', 'Name the file in it: loadwright.config.yaml.'],
  ['empty', 'Name a file in it.'],
])('says what to name where %j is a folder, and offers no configuration beside it', async (file, hint) => {
  const cwd = await folder();
  await mkdir(join(cwd, 'empty'));
  await writeFile(join(cwd, 'loadwright.config.yaml'), '');
  const message = `${file}: found a folder, expected a file`;
  await expect(locateConfigFile(cwd, file)).rejects.toMatchObject({ message, hint, next: [] });
  const workflow = loadWorkflow(file, { cwd, environment: {} });
  await expect(workflow).rejects.toMatchObject({ message, hint: 'Name a file in it.', next: [] });
});

it.each<readonly [string, string]>([
  ...wrong,
  ['list.json', 'found no workflow, expected an object with name and steps'],
])('says what was found of the workflow file %j, and offers no configuration', async (file, says) => {
  const cwd = await folder();
  await expect(loadWorkflow(file, { cwd, environment: {} })).rejects.toMatchObject({
    message: `${file || 'workflow file'}: ${says}`,
    hint: expect.stringContaining('docs/how-to/workflows.md') as string,
    next: [],
  });
});
