import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { putBase, SmallRegistry } from '../packages/infra/test/image/small-registry.js';
import { databricksConfig, dhtConfig, project } from '../packages/cli/test/project.js';
import { run } from '../packages/cli/test/support.js';

let registry: SmallRegistry;
beforeEach(async () => {
  const login = { scheme: 'basic', username: 'ci', password: 'canary-password' } as const;
  registry = await SmallRegistry.start({ login });
  putBase(registry, 'locustio/locust');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await registry[Symbol.asyncDispose]();
});

const environment = { LOADWRIGHT_REGISTRY_USERNAME: 'ci', LOADWRIGHT_REGISTRY_PASSWORD: 'canary-password' };
const push = (...more: string[]) => [
  ...['image', 'push', '--to', `${registry.host}/team/loadwright`],
  ...['--base', `${registry.host}/locustio/locust`, ...more],
];

describe('loadwright image push', () => {
  it('pushes the bundle, prints the image by digest, and leaves no files behind', async () => {
    const io = await project(dhtConfig, { environment });
    vi.stubEnv('TMPDIR', io.cwd);
    const { exitCode, stdout, stderr } = await run(push('--tag', 'nightly', '--tag', 'v1'), io);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(/layer 2 of 2 of the base .*: taken from another repository/),
    });
    expect(stdout).toMatch(
      new RegExp(
        `✓ ${registry.host}/team/loadwright@sha256:[0-9a-f]{64}\n.*loadwright-[0-9a-f]{32}, nightly, v1\n`,
      ),
    );
    expect(registry.manifest('team/loadwright', 'v1').layers).toHaveLength(3);
    expect(await readdir(io.cwd)).toEqual(['loadwright.config.json']);
  });

  it('prints one JSON document, and the variables that a container needs', async () => {
    const io = await project(databricksConfig, { environment });
    const { stdout } = await run(push(), io);
    expect(stdout).toContain('docker run --rm -e DATABRICKS_TOKEN ');
    const json = await run(push('--json'), await project(databricksConfig, { environment }));
    expect(JSON.parse(json.stdout)).toMatchObject({
      reference: expect.stringContaining('@sha256:'),
      platform: 'linux/amd64',
      sent: { blobs: 0, present: 4 },
    });
    expect([json.stdout, json.stderr, stdout].join('')).not.toContain('canary-');
  });

  it.each([
    [['--platform', 'windows/amd64'], 2, /'windows\/amd64' is invalid.*linux\/amd64, linux\/arm64/],
    [['--tag', 'a b'], 104, /--tag: found "a b".*\nhint: Use another tag/],
    [['--base', 'No/Such'], 104, /--base: found "No\/Such".*\nhint: Use lower case: no\/such/s],
    [['--platform', 'linux/arm64'], 104, /is for linux\/amd64, not for linux\/arm64/],
  ])('refuses %j and names the next step', async (more, code, message) => {
    const { exitCode, stderr } = await run(push(...more), await project(dhtConfig, { environment }));
    expect(exitCode).toBe(code);
    expect(stderr.replace(/\n +/g, ' ')).toMatch(message);
  });

  it('asks for --to when it is missing, and for credentials when there are none', async () => {
    const missing = await run(['image', 'push'], await project(dhtConfig));
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("'--to <image>'") });
    const { exitCode, stderr } = await run(push(), await project(dhtConfig));
    expect(exitCode).toBe(104);
    expect(stderr).toMatch(/requires authentication[\s\S]*docker login/);
  });
});
