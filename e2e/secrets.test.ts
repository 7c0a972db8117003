import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator } from '@loadwright/core/target';
import { describe, expect, it } from 'vitest';
import { busyMachineFlags } from '../packages/infra/test/busy-machine.js';
import { casesToTry } from '../packages/infra/test/matrix.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { exampleOf, findTarget } from '../packages/cli/src/config/target.js';
import { Command, processesIn } from '../packages/cli/test/command.js';
import { TestIo } from '../packages/cli/test/support.js';

const timeout = 240_000;

interface Case {
  readonly kind: string;
  /** The emulator's secrets as options of the target; absent: they go through the environment. */
  readonly options?: (environment: Emulator['environment']) => Record<string, unknown>;
}

const cases: readonly Case[] = [
  { kind: 'sagemaker' },
  {
    kind: 'sagemaker',
    options: ({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }) => ({
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        sessionToken: AWS_SESSION_TOKEN,
      },
    }),
  },
  { kind: 'databricks', options: ({ DATABRICKS_TOKEN }) => ({ token: DATABRICKS_TOKEN }) },
  { kind: 'chalice', options: ({ LOADWRIGHT_CHALICE_API_KEY }) => ({ apiKey: LOADWRIGHT_CHALICE_API_KEY }) },
];

const named = cases.map((item) => [item.kind, item.options ? 'options' : 'variables', item] as const);

/** Every file under a folder, as Latin-1 so that no byte gets lost. */
async function filesIn(folder: string): Promise<{ path: string; text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, text: await readFile(path, 'latin1') };
      }),
  );
}

describe.concurrent('secrets', () => {
  it.each(casesToTry(named, { name: ([kind, where]) => `${kind} ${where}`, handful: 1 }))(
    'of %s in its %s appear in no file, log, process argument or output',
    async (kind, _where, { options }) => {
      const { definition } = await findTarget(kind, new TestIo());
      const { emulator } = await startEmulator(definition);
      const cwd = await mkdtemp(join(tmpdir(), 'loadwright-secrets-'));
      try {
        // The address of a service is no secret, and is in its configuration.
        const canaries = Object.entries(emulator.environment).filter(
          ([, value]) => value !== '' && value !== emulator.url,
        );
        expect(canaries.length).toBeGreaterThan(0);
        const config = {
          target: {
            kind,
            ...exampleOf(definition),
            ...emulator.targetOptions,
            ...options?.(emulator.environment),
          },
          workers: 1,
          load: { users: 2, duration: '2s', waitTime: '50ms' },
        };
        const file = join(cwd, 'loadwright.config.json');
        await writeFile(file, JSON.stringify(config));
        // Several of these run beside each other.
        const command = new Command(['run', ...busyMachineFlags], {
          cwd,
          environment: options ? {} : { ...emulator.environment },
        });
        await command.shows('● load');
        const seen = [{ path: 'process arguments', text: processesIn(cwd).join('\n') }];
        expect(seen[0]?.text).toContain('--worker');
        expect(await command.ended).toBe(0);
        const dryRun = new Command(['run', '--dry-run', '--json'], { cwd });
        const render = new Command(['render'], { cwd });
        expect([await dryRun.ended, await render.ended]).toEqual([0, 0]);
        for (const { stdout, stderr } of [command, dryRun, render])
          seen.push({ path: 'output', text: stdout + stderr });
        seen.push(...(await filesIn(cwd)).filter(({ path }) => path !== file));
        expect(seen.length).toBeGreaterThan(20);
        for (const [name, value] of canaries) {
          const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('base64')];
          const holders = seen.filter(({ text }) => forms.some((form) => text.includes(form)));
          expect(
            holders.map(({ path }) => path),
            name,
          ).toEqual([]);
        }
      } finally {
        await emulator.stop();
      }
    },
    timeout,
  );
});
