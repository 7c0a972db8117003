import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from './read-file.js';

/** What reading a file of that text is refused with, and for how many milliseconds this process computed for it. */
async function refusal(ending: string, write: (path: string) => Promise<void>) {
  const path = join(await mkdtemp(join(tmpdir(), 'loadwright-hostile-')), `loadwright.config.${ending}`);
  await write(path);
  const before = process.cpuUsage();
  const error: unknown = await readConfigFile(path).catch((reason: unknown) => reason);
  const { user, system } = process.cpuUsage(before);
  return { error, milliseconds: (user + system) / 1000 };
}

const bomb = (levels: number, width: number) =>
  Array.from({ length: levels }, (_, level) => {
    const items = level === 0 ? '"ha"' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array.from({ length: width }, () => items).join(', ')}]`;
  }).join('\n');

const merges = Array.from(
  { length: 24 },
  (_, level) =>
    `a${level}: &a${level} {<<: [${level === 0 ? '' : `*a${level - 1}, *a${level - 1}`}], k${level}: 1}`,
).join('\n');

describe('a hostile configuration file ends in an error after less than a second of work', () => {
  it.each([
    ['dashes without end', '- '.repeat(400_000)],
    ['a billion laughs', bomb(10, 10)],
    ['few and deep', bomb(40, 2)],
    ['wide', bomb(3, 1000)],
    ['merged', merges],
    ['brackets without end', '['.repeat(500_000)],
    ['braces without end', '{a: '.repeat(200_000)],
  ])('in YAML: %s', async (_what, text) => {
    const { error, milliseconds } = await refusal('yaml', (path) => writeFile(path, text));
    expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE' });
    expect(milliseconds).toBeLessThan(1000);
  });

  it.each(['['.repeat(900_000), '{"a":'.repeat(190_000)])('in JSON', async (text) => {
    const { error, milliseconds } = await refusal('json', (path) => writeFile(path, text));
    expect(error).toMatchObject({ code: 'CONFIG_UNREADABLE' });
    expect(milliseconds).toBeLessThan(1000);
  });

  it.each(['json', 'yaml', 'ts', 'mjs'])('of 100 MB, .%s', async (ending) => {
    const { error, milliseconds } = await refusal(ending, async (path) => {
      const file = await open(path, 'w');
      await file.truncate(100_000_000);
      await file.close();
    });
    expect(error).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `loadwright.config.${ending}: found 100 MB, expected at most 1 MB`,
    });
    expect(milliseconds).toBeLessThan(1000);
  });

  it.each(['json', 'yaml'])('but one of nearly a megabyte is read, .%s', async (ending) => {
    const path = join(await mkdtemp(join(tmpdir(), 'loadwright-large-')), `loadwright.config.${ending}`);
    const inline = Array.from({ length: 9000 }, (_, id) => ({ id, text: 'a'.repeat(80) }));
    await writeFile(path, JSON.stringify({ target: { payloads: { inline } } }));
    await expect(readConfigFile(path)).resolves.toHaveProperty('target.payloads.inline.8999.id', 8999);
  });

  it('and a few aliases are what they stand for', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'loadwright-alias-')), 'loadwright.config.yaml');
    await writeFile(path, 'a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}\n');
    await expect(readConfigFile(path)).resolves.toEqual({ a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 } });
  });
});
