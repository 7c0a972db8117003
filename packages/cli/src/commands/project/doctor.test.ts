import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databricksConfig, dhtConfig, project } from '../../../test/project.js';
import { run, TestIo } from '../../../test/support.js';
import { checkDocker, checkNode, checkResults } from '../../doctor/checks.js';

/** An empty cache and no Locust named, so that what this machine has installed does not matter. */
async function emptyCache() {
  return { LOADWRIGHT_LOCUST: '', LOADWRIGHT_CACHE_DIR: await mkdtemp(join(tmpdir(), 'loadwright-cache-')) };
}

/** A Locust that says its version and is nothing else: a real one takes half a second to say it, and one test asks it. */
async function stubLocust() {
  const file = join(await mkdtemp(join(tmpdir(), 'loadwright-locust-')), 'locust');
  await writeFile(file, "#!/bin/sh\necho 'locust 2.47.0'\n", { mode: 0o755 });
  return { LOADWRIGHT_LOCUST: file };
}

/** A folder with a configuration file, on a machine that has a Locust. */
async function ready(config: unknown, environment: Record<string, string> = {}) {
  return project(config, { environment: { ...(await stubLocust()), ...environment } });
}

/** A configuration whose target has payloads. */
function withPayloads(payloads: unknown) {
  return { ...databricksConfig, target: { ...databricksConfig.target, payloads } };
}

describe('docker', () => {
  it.each([
    ['exit 1', /the program is there, and no daemon answers/, 'missing'],
    ['echo 28.2.2', /^daemon 28\.2\.2$/, 'good'],
  ])('of which the program does %s', async (script, detail, state) => {
    const folder = await mkdtemp(join(tmpdir(), 'loadwright-docker-'));
    await writeFile(join(folder, 'docker'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'docker'), 0o755);
    const found = await checkDocker(new TestIo({ environment: { PATH: folder } }));
    expect(found).toMatchObject({ state, detail: expect.stringMatching(detail) as string });
  });

  it('that is not there is not missed', async () => {
    const found = await checkDocker(new TestIo({ environment: { PATH: '/nowhere' } }));
    expect(found).toMatchObject({ state: 'missing', detail: 'not found' });
  });
});

describe('loadwright doctor', () => {
  it('is content without a configuration, and says what is still to come', async () => {
    const { exitCode, stdout } = await run(['doctor'], new TestIo({ environment: await emptyCache() }));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/✓ Node\.js: \d+/);
    expect(stdout).toMatch(/✓ Python: 3\.\d+/);
    expect(stdout).toMatch(/– Locust: not installed yet\n.*loadwright doctor --fix/);
    expect(stdout).toMatch(/– configuration: no loadwright.config file.*\n.*loadwright init/);
    expect(stdout).toContain('Ready.');
  });

  it('looks at the project: configuration, variables, results', async () => {
    const { exitCode, stdout } = await run(['doctor', '--json'], await project(dhtConfig));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      problems: 0,
      findings: expect.arrayContaining([
        expect.objectContaining({ subject: 'Locust', state: 'good' }),
        expect.objectContaining({ subject: 'configuration', state: 'good' }),
        expect.objectContaining({ subject: 'results', state: 'good' }),
      ]),
    });
  });

  it('tells whether variables are set, never their values', async () => {
    const { token: _, ...target } = databricksConfig.target;
    const config = { ...databricksConfig, target };
    const set = await run(['doctor'], await ready(config, { DATABRICKS_TOKEN: 'canary-token' }));
    expect(set.exitCode).toBe(0);
    expect(set.stdout).toContain('✓ DATABRICKS_TOKEN: set');
    expect(set.stdout + set.stderr).not.toContain('canary-token');
    const missing = await run(['doctor'], await ready(config));
    expect(missing.exitCode).toBe(104);
    expect(missing.stdout).toContain('DATABRICKS_TOKEN: not set');
  });

  it('reports several configuration files instead of choosing one', async () => {
    const io = await ready(dhtConfig);
    await writeFile(join(io.cwd, 'loadwright.config.yaml'), 'target: {}');
    const { exitCode, stdout } = await run(['doctor'], io);
    expect(exitCode).toBe(104);
    expect(stdout).toMatch(/✗ configuration: found several configuration files: .*\n.*Keep one of them/);
  });

  it('tells all problems at once', async () => {
    const io = await project(
      { ...dhtConfig, wokers: 3 },
      { environment: { LOADWRIGHT_PYTHON: '/absent', LOADWRIGHT_LOCUST: '' } },
    );
    const { exitCode, stdout } = await run(['doctor'], io);
    expect(exitCode).toBe(104);
    expect(stdout).toMatch(/✗ Python: [^]*✗ Locust: [^]*✗ configuration: wokers/);
    expect(stdout).toContain('3 problems.');
  });

  it.each([
    ['a load', { ...dhtConfig, load: { users: 5 } }, /✗ configuration: load\.duration/],
    ['a threshold', { ...dhtConfig, thresholds: { latency: ['p(95)<200'] } }, /✗ configuration: .*latency/],
    ['workers', { ...dhtConfig, workers: 0 }, /✗ configuration: workers: found 0/],
    [
      'payloads',
      withPayloads('./features.jsonl'),
      /✗ payloads: \.\/features\.jsonl: there is no such file\n.*→ Paths/,
    ],
  ])('finds %s that a run would refuse', async (_what, config, problem) => {
    const { exitCode, stdout } = await run(['doctor'], await ready(config));
    expect(stdout).toMatch(problem);
    expect(stdout).toContain('1 problem.');
    expect(exitCode).toBe(104);
  });

  it('counts the payloads', async () => {
    const { stdout } = await run(['doctor'], await ready(withPayloads({ inline: [1, 2] })));
    expect(stdout).toContain('✓ payloads: 2 payloads\n');
  });

  it.each([
    ['20.18.3', 'problem'],
    ['20.19.0', 'good'],
    ['24.1.0', 'good'],
  ])('finds Node.js %s a %s', async (version, state) => {
    expect((await checkNode(version)).state).toBe(state);
  });

  it('finds a results folder that cannot be', async () => {
    expect((await checkResults(join(import.meta.filename, 'results'))).state).toBe('problem');
  });
});
