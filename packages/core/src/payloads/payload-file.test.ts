import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PayloadFile } from './payload-file.js';

it('says that a file cannot be read any more, and nothing else of it fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-payloads-'));
  await writeFile(join(folder, 'payloads.jsonl'), '{}\n');
  const file = await PayloadFile.open('payloads.jsonl', folder);
  await rm(folder, { recursive: true });
  const errors: unknown[] = [];
  const hear = (error: unknown) => void errors.push(error);
  process.on('uncaughtException', hear);
  onTestFinished(() => void process.off('uncaughtException', hear));
  await expect(file.read().next()).rejects.toMatchObject({
    code: 'PAYLOADS_INVALID',
    message: expect.stringMatching(/^payloads\.jsonl: it cannot be read: ENOENT/) as string,
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(errors).toEqual([]);
});
