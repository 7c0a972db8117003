import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { withArchive } from './archive.js';

it('refuses a bundle that S3 does not take, before it is used', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'archive-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'payloads.jsonl'), '{}\n');
  const bundle = { directory, files: [{ path: 'payloads.jsonl', bytes: 3, sha256: '' }], digest: '' };
  const packed = await withArchive(bundle, async ({ file }) => {
    expect(existsSync(file)).toBe(true);
    return file;
  });
  expect(existsSync(packed)).toBe(false);

  let isUsed = false;
  const use = async () => void (isUsed = true);
  await expect(withArchive(bundle, use, 10)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^The bundle has \d+\.\d\d GiB .*at most 0\.00 GiB/) as string,
    hint: expect.stringContaining('payloads') as string,
  });
  expect(isUsed).toBe(false);
  expect((await readdir(directory)).length).toBe(1);
});

it('says where there is no place for it: that is not AWS', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('TMPDIR', '/dev/null/folder');
  const bundle = { directory: '/', files: [], digest: '' };
  await expect(withArchive(bundle, async () => {})).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: expect.stringMatching(
      /^The bundle could not be packed in \/dev\/null\/folder: ENOTDIR/,
    ) as string,
    hint: expect.stringContaining('TMPDIR') as string,
  });
});
