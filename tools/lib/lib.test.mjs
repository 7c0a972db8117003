import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Ledger, withLedger } from './ledger.mjs';
import { dependenciesMatch, installationOf } from './node-dependencies.mjs';
import { execute, mustRun } from './processes.mjs';
import { createTestEnvironment } from './test-environment.mjs';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

function captureStdout() {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  return () => text;
}

describe('the ledger', () => {
  it('adds up tests and stages, and has the totals as its last line', async () => {
    const output = captureStdout();
    const before = { passed: 1, failed: 1, failures: ['one of before'] };
    await withLedger(new Ledger(before), async (ledger) => {
      await ledger.stage('a check', async () => {});
      await ledger.stage('a suite', async () => ({ passed: 5, failed: 0, skipped: 1 }));
      await ledger.stage('a bad suite', async () => ({ passed: 2, failed: 3, failures: ['a.test: is bad'] }));
      await ledger.stage('a bad check', () => Promise.reject(new Error('no good')));
      await ledger.stage('a bad command', () =>
        mustRun(process.execPath, ['-e', 'console.log("the cause"); process.exit(3)']).then(() => undefined),
      );
    });
    expect(output().endsWith('\n9 passed, 6 failed\n')).toBe(true);
    const end = output().slice(output().indexOf('What failed'));
    for (const cause of ['one of before', 'a.test: is bad', 'a bad check: no good', 'the cause']) {
      expect(end).toContain(cause);
    }
    expect(process.exitCode).toBe(1);
  });

  it('names again before the totals what was not checked, and does not count it', async () => {
    const output = captureStdout();
    await withLedger(new Ledger(), async (ledger) => {
      const notChecked = ['the moon, because it is cloudy'];
      await ledger.stage('the sky', async () => ({ passed: 0, failed: 0, notChecked }));
      await ledger.stage('a check', async () => {});
    });
    expect(output()).toContain('– the sky: not checked');
    expect(output().split('not checked: the moon, because it is cloudy\n')).toHaveLength(3);
    expect(output().endsWith('it is cloudy\n\n1 passed, 0 failed\n')).toBe(true);
  });

  it('stops after a required stage that failed', async () => {
    const output = captureStdout();
    const later = vi.fn();
    await withLedger(new Ledger(), async (ledger) => {
      await ledger.stage('set-up', () => Promise.reject(new Error('no network')), { required: true });
      await ledger.stage('later', later);
    });
    expect(later).not.toHaveBeenCalled();
    expect(output().endsWith('\n0 passed, 1 failed\n')).toBe(true);
  });
});

describe('stages beside each other', () => {
  it('go on as soon as what they need is there, and print in their order', async () => {
    const output = captureStdout();
    const order = [];
    let end;
    const slow = new Promise((resolve) => (end = resolve));
    const work = (title, wait) => async () => {
      order.push(title);
      await wait;
      await mustRun(process.execPath, ['-e', `console.log('output of ${title}')`]);
      order.push(`${title} ended`);
      if (title === 'last') end();
    };
    await new Ledger().beside([
      { lane: 'a', title: 'slow', work: work('slow', slow) },
      { lane: 'b', title: 'first', work: work('first') },
      { lane: 'b', title: 'last', needs: ['first'], work: work('last') },
    ]);
    expect(order).toEqual(['slow', 'first', 'first ended', 'last', 'last ended', 'slow ended']);
    expect(output().match(/output of \w+/g)).toEqual(
      ['slow', 'first', 'last'].map((one) => `output of ${one}`),
    );
  });

  it('are not run for lack of another, and wait for one that may fail', async () => {
    const output = captureStdout();
    const never = vi.fn();
    const ledger = new Ledger();
    await ledger.beside([
      { lane: 'a', title: 'set-up', work: () => Promise.reject(new Error('no network')) },
      { lane: 'b', title: 'tests', needs: ['set-up'], work: never },
      { lane: 'c', title: 'more tests', needs: ['tests'], work: never },
      { lane: 'd', title: 'something else', after: ['set-up'], work: async () => {} },
    ]);
    expect(never).not.toHaveBeenCalled();
    expect(ledger.counts).toMatchObject({ passed: 1, failed: 1 });
    expect(output()).toContain('more tests: not run, for lack of "tests"');
  });

  it('may be many in a lane, and one that fails ends its own lane alone', async () => {
    const output = captureStdout();
    const ledger = new Ledger();
    const never = vi.fn();
    await ledger.lanes([
      async () => {
        await ledger.stage('pack', () => Promise.reject(new Error('no')), { required: true });
        await ledger.stage('install', never);
      },
      async () => {
        await ledger.stage('one', async () => {});
        await ledger.stage('two', async () => {});
      },
      () => Promise.reject(new Error('a defect')),
    ]);
    expect(never).not.toHaveBeenCalled();
    expect(ledger.counts).toMatchObject({ passed: 2, failed: 2 });
    expect(output().match(/▶ .*/g)).toEqual(['▶ pack', '▶ one', '▶ two', '▶ the check itself']);
  });

  it('cannot wait for what comes later', async () => {
    const stage = { lane: 'a', title: 'tests', needs: ['build'], work: async () => {} };
    await expect(new Ledger().beside([stage])).rejects.toThrow('comes later or never');
  });
});

describe('commands', () => {
  it('ends what a command leaves behind', async () => {
    const script = `const { pid } = require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit' });
      process.stdout.write(String(pid), () => process.exit(0));`;
    const { stdout } = await execute(process.execPath, ['-e', script], { quiet: true });
    await vi.waitFor(() => expect(() => process.kill(Number(stdout), 0)).toThrow('ESRCH'), {
      timeout: 90_000,
    });
  });

  it('says which command failed, with its output', async () => {
    const failing = mustRun(process.execPath, ['-e', 'console.error("why"); process.exit(3)'], {
      quiet: true,
    });
    await expect(failing).rejects.toMatchObject({ message: /ended with 3$/, output: 'why\n' });
  });
});

describe('installed dependencies', () => {
  const folderWith = (installed) => {
    const folder = mkdtempSync(join(tmpdir(), 'dependencies-'));
    const lock = {
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'node_modules/b-darwin': { version: '1.0.0', optional: true },
      'packages/x/node_modules/c': { version: '2.0.0' },
    };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: lock }));
    if (installed) {
      mkdirSync(join(folder, 'node_modules'));
      const record = join(folder, 'node_modules', '.package-lock.json');
      writeFileSync(record, JSON.stringify({ packages: installed }));
    }
    return folder;
  };

  const a = { version: '1.0.0', integrity: 'x' };
  const nested = { 'packages/x/node_modules/c': { version: '2.0.0' } };

  it.each([
    ['nothing is installed', undefined, false],
    ['all is as locked', { 'node_modules/a': a, ...nested }, true],
    ['a version differs', { 'node_modules/a': { ...a, version: '1.0.1' }, ...nested }, false],
    ['a package is missing', nested, false],
  ])('%s', (_, installed, expected) => {
    const folder = folderWith(installed);
    mkdirSync(join(folder, 'packages/x/node_modules/c'), { recursive: true });
    expect(dependenciesMatch(folder)).toBe(expected);
  });

  it('are counted while they are being installed, those of other platforms apart', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dependencies-'));
    const packages = {
      '': {},
      'packages/own': {},
      'node_modules/a': {},
      'packages/own/node_modules/b': {},
      'node_modules/of-another-platform': { optional: true },
    };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
    expect(installationOf(folder)).toEqual({ unpacked: 0, wanted: 2 });
    mkdirSync(join(folder, 'node_modules', 'a'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'a', 'package.json'), '{}');
    expect(installationOf(folder)).toEqual({ unpacked: 1, wanted: 2 });
  });

  it("the folder of a package's own dependencies was removed", () => {
    expect(dependenciesMatch(folderWith({ 'node_modules/a': a, ...nested }))).toBe(false);
  });
});

it("keeps the developer's accounts away from tests", () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'real');
  vi.stubEnv('AWS_PROFILE', 'mine');
  vi.stubEnv('DATABRICKS_TOKEN', 'real');
  const { variables, remove } = createTestEnvironment();
  remove();
  expect(Object.values(variables)).not.toContain('real');
  expect(variables).not.toHaveProperty('AWS_PROFILE');
  vi.unstubAllEnvs();
});

it('lets Python keep what it compiles, whatever the developer prefers', () => {
  vi.stubEnv('PYTHONDONTWRITEBYTECODE', '1');
  const { variables, remove } = createTestEnvironment();
  remove();
  expect(variables).not.toHaveProperty('PYTHONDONTWRITEBYTECODE');
  vi.unstubAllEnvs();
});
