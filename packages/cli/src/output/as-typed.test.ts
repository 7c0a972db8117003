import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asTyped } from './as-typed.js';

const elsewhere = mkdtempSync(join(tmpdir(), 'loadwright-as-typed-'));
const project = join(elsewhere, 'project');
mkdirSync(join(project, 'node_modules', '.bin'), { recursive: true });
writeFileSync(join(project, 'node_modules', '.bin', 'loadwright'), '');
mkdirSync(join(project, 'packages', 'one'), { recursive: true });

it.each([
  [
    'the next: loadwright run --on 4f3, or loadwright destroy 4f3',
    'the next: npx --no-install loadwright run --on 4f3, or npx --no-install loadwright destroy 4f3',
  ],
  ['the parameter /loadwright/a-run/worker', 'the parameter /loadwright/a-run/worker'],
  ['loadwright runs', 'loadwright runs'],
  ['loadwright-target-echo', 'loadwright-target-echo'],
])('within npm "%s" is "%s"', (text, typed) => {
  const npm = { npm_command: 'exec' };
  expect(asTyped(npm, project)(text)).toBe(typed);
  expect(asTyped(npm, join(project, 'packages', 'one'))(text)).toBe(typed);
  expect(asTyped(npm, project)(typed)).toBe(typed);
  expect(asTyped({}, project)(text)).toBe(text);
});

it('names the package where no project has the command: npm had fetched it for once', () => {
  const type = asTyped({ npm_command: 'exec' }, elsewhere);
  expect(type('then loadwright run --emulator')).toBe('then npx @loadwright/cli run --emulator');
  expect(type(type('loadwright doctor'))).toBe('npx @loadwright/cli doctor');
});
