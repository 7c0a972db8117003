import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchemaOf } from '@loadwright/core/command';
import { describe, expect, it } from 'vitest';
import { builtInTargets } from '../src/config/built-in-targets.js';
import { exampleOf, findTarget } from '../src/config/target.js';
import { project } from './project.js';
import { run, TestIo } from './support.js';

const canary = 'CANARY5e1f0c9d';
const environment = { LOADWRIGHT_DEBUG: '1' };
const load = { users: 1, duration: '1s' };

/** Everything that the commands printed, and every file they wrote, that holds the canary. */
async function leaks(
  config: unknown,
  commands: readonly (readonly string[])[],
  file?: string,
  text?: string,
) {
  const io = await project(config);
  if (file !== undefined && text !== undefined) {
    await rm(join(io.cwd, 'loadwright.config.json'));
    await writeFile(join(io.cwd, file), text);
  }
  const found: string[] = [];
  for (const command of commands) {
    const { stdout, stderr } = await run(command, new TestIo({ cwd: io.cwd, environment }));
    if (`${stdout}${stderr}`.includes(canary)) found.push(`${command.join(' ')}: ${stdout}${stderr}`);
  }
  const entries = await readdir(io.cwd, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile() && !one.name.startsWith('loadwright.config')))
    if ((await readFile(join(entry.parentPath, entry.name), 'latin1')).includes(canary))
      found.push(entry.name);
  return found;
}

const printing = [
  ['config', 'print'],
  ['config', 'print', '--json'],
];
const all = [...printing, ['run', '--dry-run'], ['run', '--dry-run', '--json']];
const render = ['render', '--output', 'bundle'];

const values = [
  `https://user:${canary}@host.example/`,
  `https://${canary}@host.example`,
  `Bearer ${canary}`,
  { 'X-Auth-Token': canary, Cookie: canary, 'Ocp-Apim-Subscription-Key': canary },
  { list: [`https://user:${canary}@host.example/a`] },
];

describe('a canary', () => {
  it.each(Object.keys(builtInTargets))('in every option of %s is in no output and no file', async (kind) => {
    const { definition } = await findTarget(kind, new TestIo());
    // What a payload or a body says is data of the user's own, and goes into the bundle as it is.
    const names = Object.keys((jsonSchemaOf(definition.options)['properties'] ?? {}) as object).filter(
      (name) => name !== 'body',
    );
    expect(names.length).toBeGreaterThan(5);
    for (const [index, name] of names.entries()) {
      // `npm test` has another one in each option; `.ci/run`, which sets the variable, each in each.
      const tried = process.env['LOADWRIGHT_MATRIX'] ? values : [values[index % values.length]];
      for (const value of tried) {
        const target = { kind, ...exampleOf(definition), [name]: value };
        expect(await leaks({ target, load }, [render]), `${name}: ${JSON.stringify(value)}`).toEqual([]);
      }
    }
  });

  it.each(values)('in a header is in no output and no file: %j', async (headers) => {
    const { definition } = await findTarget('chalice', new TestIo());
    const target = { kind: 'chalice', ...exampleOf(definition), headers };
    expect(await leaks({ target, load }, [...all, render])).toEqual([]);
  });

  it.each([
    ['name', { name: `https://user:${canary}@host/` }],
    ['results', { results: `https://user:${canary}@host/` }],
    ['load', { load: { users: `Bearer ${canary}` } }],
    ['profile', { load: { ...load, profile: `https://user:${canary}@host/` } }],
    ['thresholds', { thresholds: { a: [`https://user:${canary}@host/`] } }],
    ['fleet', { fleet: { kind: 'ec2', region: `https://user:${canary}@host/`, tags: { Token: canary } } }],
    ['tags', { fleet: { kind: 'ec2', region: 'eu-west-1', tags: { Token: canary } } }],
    ['kind', { target: { kind: `https://user:${canary}@host/` } }],
  ])('in %s is not shown', async (_what, changes) => {
    const { definition } = await findTarget('dht', new TestIo());
    const config = { target: { kind: 'dht', ...exampleOf(definition) }, load, ...changes };
    expect(await leaks(config, printing)).toEqual([]);
  });

  it.each([
    ['json', `{ "target": { "kind": "dht", "apiKey": "${canary}" `],
    ['json', `{ "target": { "apiKey": "${canary}", "a": ${canary} } }`],
    ['yaml', `target:\n  token: "${canary}\n  a: [`],
    ['yaml', `target: {token: ${canary}: ${canary}}`],
    ['yaml', `token: !${canary} a\nb: *${canary}`],
    ['ts', `export default { target: { token: '${canary} } };`],
    ['mjs', `export default { target: { token: '${canary}', } ]; };`],
    ['mjs', `const token = '${canary}'; throw new Error('Authorization: Bearer ' + token);`],
  ])('in a broken file, %s: %s', async (ending, text) => {
    expect(await leaks({}, printing, `loadwright.config.${ending}`, text)).toEqual([]);
  });
});
