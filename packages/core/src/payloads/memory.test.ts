import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WrittenPayloads } from './write.js';

/** 100 keeps the usual run short; 1024 is what the project promises. */
const megabytes = Number(process.env.LOADWRIGHT_TEST_PAYLOAD_MEGABYTES ?? 100);
const timeout = 20_000 + megabytes * 500;

const writer = new URL('../../dist/payloads/write.js', import.meta.url).href;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function given(name: string, size: number, [before, line, after]: readonly [string, string, string]) {
  const file = await open(join(folder, name), 'w');
  const lines = Math.floor((1024 * 1024) / line.length);
  await file.writeFile(before);
  for (let written = 0; written < size; written++) await file.writeFile(line.repeat(lines));
  await file.writeFile(after);
  await file.close();
  return lines * size;
}

/** What is shipped, in a process that has nothing to do but this: the peak of a loader of TypeScript would be in it, too. */
const program = `
  const { existsSync, readFileSync } = require('node:fs');
  // What Linux says of a process otherwise begins with the memory of the one that started it.
  const status = '/proc/self/status';
  const peakKilobytes = () =>
    existsSync(status)
      ? Number(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync(status, 'utf8'))[1])
      : process.resourceUsage().maxRSS;
  const [writer, folder, name] = process.argv.slice(1);
  import(writer)
    .then(({ writePayloads }) => writePayloads(name, folder + '/out.jsonl', { baseDirectory: folder }))
    .then((written) => console.log(JSON.stringify({ ...written, peakKilobytes: peakKilobytes() })));
`;

describe.each([
  ['lines.jsonl', megabytes, ['', `${JSON.stringify({ instances: [[1.5, 2, 3.25]], id: 'a name' })}\n`, '']],
  [
    'list.json',
    Math.ceil(megabytes / 2),
    ['[', `${JSON.stringify({ instances: [[1.5, 2, 3.25]], id: 'a name' })},\n`, '1]'],
  ],
  ['rows.csv', Math.ceil(megabytes / 4), ['a,b,c\n', '1.5,"some text, quoted",2.25\n', '']],
] as const)('writing %s', (name, size, content) => {
  it(`stays below 200 MB with ${size} MB`, { timeout }, async () => {
    const count = await given(name, size, content);
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, writer, folder, name]);
    const result = JSON.parse(stdout) as WrittenPayloads & { peakKilobytes: number };
    expect(result.count).toBeGreaterThanOrEqual(count);
    expect(result.peakKilobytes).toBeLessThan(200 * 1024);
  });
});
