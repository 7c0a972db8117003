import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locustVersion } from '@loadwright/core/fleet';
import { describe, expect, it } from 'vitest';
import { ensureLocust, findLocust } from '../../src/local/index.js';

/** Kept between test runs, for one installation takes up to a minute. */
const cacheDirectory = fileURLToPath(new URL('../../../../node_modules/.cache/loadwright', import.meta.url));
const unreachable = 'http://127.0.0.1:1/';

describe('ensureLocust', () => {
  it('installs the pinned Locust, and then needs no network', { timeout: 300_000 }, async () => {
    const installed = await ensureLocust({ cacheDirectory });
    expect(installed).toMatchObject({ version: locustVersion(), managed: true });
    expect(installed.executable.startsWith(join(cacheDirectory, 'locust'))).toBe(true);

    const environment = { ...process.env, PIP_INDEX_URL: unreachable, UV_INDEX_URL: unreachable };
    const progress: string[] = [];
    const options = { cacheDirectory, environment };
    expect(await ensureLocust(options, { onProgress: (line) => progress.push(line) })).toEqual(installed);
    expect(await findLocust(options)).toEqual(installed);
    expect(progress).toEqual([]);
  });

  it('takes an existing one, by option before variable', { timeout: 180_000 }, async () => {
    const { executable } = await ensureLocust({ cacheDirectory });
    const environment = { ...process.env, LOADWRIGHT_LOCUST: '/nowhere/locust' };
    expect(await ensureLocust({ locust: executable, environment })).toEqual({
      executable,
      version: locustVersion(),
      managed: false,
    });
    await expect(findLocust({ environment })).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message: expect.stringContaining('/nowhere/locust (variable LOADWRIGHT_LOCUST)'),
    });
  });

  it('stops when it is told to', async () => {
    await expect(ensureLocust({ cacheDirectory }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
