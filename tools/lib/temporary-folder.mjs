/**
 * Set-up of a run of tests: a folder for temporary files of its own, which is removed at the end, whatever a test that fails
 * leaves behind. `npm test` has one already, by which it recognises processes: tools/lib/test-environment.mjs.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const prefix = 'loadwright-test-';

/** @returns {undefined | (() => void)} what removes it; several folders of tests, which are run at once, share one */
export default function setUp() {
  const around = tmpdir();
  if (basename(around).startsWith(prefix)) return undefined;
  const folder = mkdtempSync(join(realpathSync(around), prefix));
  const { TMPDIR: before } = process.env;
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
