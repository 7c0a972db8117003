import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder of its own for one test file. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'loadwright-test-'));
}

/** A package index in a folder: one tiny wheel that is called locust, and pinned requirements for it. */
export function standInWheel(folder: string, python: string) {
  execFileSync(python, [fileURLToPath(new URL('./make_locust_wheel.py', import.meta.url)), folder]);
  const wheel = join(folder, readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '');
  const hash = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  const requirements = (name: string, sha256: string) => {
    const path = join(folder, name);
    writeFileSync(path, `locust==2.47.0 --hash=sha256:${sha256}\n`);
    return path;
  };
  return {
    wheel,
    requirements: requirements('requirements.txt', hash),
    wrongRequirements: requirements('wrong.txt', '0'.repeat(64)),
    /** Variables that make pip and uv look into the folder only. */
    offlineIndex: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder, UV_OFFLINE: '1', UV_FIND_LINKS: folder },
  };
}
