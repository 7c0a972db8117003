import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { TargetPayloads } from './source.js';
import { checkPayloads, writePayloads } from './write.js';

const folder = mkdtempSync(join(tmpdir(), 'loadwright-limit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const limit = { bytes: 40, what: 'is what the service takes', hint: 'send less' };
const write = (source: TargetPayloads, bodyLimit: (of?: string) => typeof limit | undefined = () => limit) =>
  writePayloads(source, join(folder, 'out.jsonl'), { baseDirectory: folder, bodyLimit });
const json = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const lines = (...bytes: number[]) => writeFileSync(join(folder, 'a.jsonl'), bytes.map(json).join('\n'));

it('names how many payloads are too long, and the longest, wherever in the file it is', async () => {
  lines(40, 41, ...Array<number>(3000).fill(30), 77, 42);
  const message =
    'a.jsonl: 3 of 3004 payloads are longer than 40 bytes, which is what the service takes. The longest is payload 3003, with 77 bytes';
  await expect(write('a.jsonl')).rejects.toThrow(message);
  await expect(access(join(folder, 'out.jsonl'))).rejects.toThrow('ENOENT');
  const check = { baseDirectory: folder, bodyLimit: () => limit };
  await expect(checkPayloads('a.jsonl', check)).rejects.toThrow(message);
});

it('takes what is exactly as long, by its bytes as they are sent', async () => {
  lines(40);
  expect((await write({ file: 'a.jsonl', contentType: 'application/x-very-long-type' })).count).toBe(1);
  // Four bytes a character in base64 for three, and escapes, make lines longer than bodies.
  writeFileSync(join(folder, 'b.bin'), Buffer.alloc(40));
  writeFileSync(join(folder, 'c.txt'), '"'.repeat(40));
  expect((await write('b.bin')).count).toBe(1);
  expect((await write({ file: 'c.txt', format: 'lines' })).count).toBe(1);
  // Two bytes a character.
  writeFileSync(join(folder, 'c.txt'), 'é'.repeat(21));
  await expect(write({ file: 'c.txt', format: 'lines' })).rejects.toThrow('payload 1, with 42 bytes');
  writeFileSync(join(folder, 'b.bin'), Buffer.alloc(41));
  await expect(write('b.bin')).rejects.toThrow('1 of 1 payloads is longer');
});

it('knows a limit for each kind of requests', async () => {
  lines(50);
  const parts = (of: string) => [{ source: 'a.jsonl', weight: 1, of }];
  const bodyLimit = (of?: string) => (of === 'small' ? limit : undefined);
  expect((await write(parts('large'), bodyLimit)).count).toBe(1);
  await expect(write(parts('small'), bodyLimit)).rejects.toThrow('payload 1, with 50 bytes');
});
