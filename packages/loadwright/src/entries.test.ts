import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> };
const entries = Object.keys(exports)
  .filter((path) => path !== './package.json')
  .map((path) => path.replace('.', 'loadwright'))
  .sort();

/** A project as pnpm lays one out: what the package depends on is found from the package alone. */
function strictProject(): string {
  const project = mkdtempSync(join(tmpdir(), 'strict-layout-'));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(folder, join(project, 'node_modules', 'loadwright'));
  return project;
}

function runIn(project: string, program: string): string {
  const file = join(project, 'program.mjs');
  writeFileSync(file, program);
  return execFileSync(process.execPath, [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

it('has what the documentation names, where nothing but the package itself is found', () => {
  const project = strictProject();
  expect(() => runIn(project, "import '@loadwright/core';")).toThrow(/ERR_MODULE_NOT_FOUND/);
  const named = {
    'loadwright/calibrate': 'calibrate',
    'loadwright/compare': 'compareRuns',
    'loadwright/export': 'exportSeries',
    'loadwright/exporters': 'defineExporter',
    'loadwright/image': 'pushImage',
    'loadwright/scaling': 'changeScaling',
    'loadwright/target': 'defineTarget',
    'loadwright/testing': 'targetConformance',
    'loadwright/workflow': 'defineWorkflow',
  };
  const program = `
    const found = {};
    for (const entry of ${JSON.stringify(entries)}) found[entry] = Object.keys(await import(entry));
    console.log(JSON.stringify(found));`;
  const found = JSON.parse(runIn(project, program)) as Record<string, string[]>;
  expect(Object.keys(found)).toEqual(entries);
  for (const [entry, name] of Object.entries(named)) expect(found[entry]).toContain(name);
});

it.each(['README.md', '../../docs/how-to/in-programs.md'])('%s has all entry points', (page) => {
  const rows = read(page)
    .split('\n')
    .filter((line) => line.startsWith('| `loadwright'));
  const listed = rows.flatMap((row) =>
    [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
  expect(listed.sort()).toEqual(entries);
});
