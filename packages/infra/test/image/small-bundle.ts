import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bundle } from '@loadwright/core';

/** Files that are enough of a bundle to be sent. */
export async function smallBundle(
  directory: string,
  contents: Readonly<Record<string, string | Buffer>> = {
    'locustfile.py': 'from loadwright_runtime import *\n',
    'loadwright_runtime/__init__.py': '',
    'payloads.jsonl': '{"a":1}\n'.repeat(20_000),
  },
): Promise<Bundle> {
  const files = [];
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { mode: 0o600 });
    const sha256 = createHash('sha256').update(content).digest('hex');
    files.push({ path, bytes: Buffer.byteLength(content), sha256 });
  }
  return { directory, files, digest: 'digest-of-the-bundle' };
}
