import type { SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { afterAll, expect, it, vi } from 'vitest';
import { findTarget } from '../packages/cli/src/config/target.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { Command } from '../packages/cli/test/command.js';
import { project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';

const timeout = 240_000;
const figures = ['--peak', '400/s', '--ramp', '15m', '--capacity', '40/s', '--service-time', '5ms'];
const calibration = ['calibrate', '--objective', 'p(95)<500', '--budget', '60s', '--from', '5/s'];

let emulator: SagemakerEmulator | undefined;
afterAll(() => emulator?.stop());

it(
  'what a killed calibration suspended is found by every command, and put back by a new process',
  async () => {
    const { definition } = await findTarget('sagemaker', new TestIo());
    const started = await startEmulator(definition, {
      ...{ serviceTime: '5ms', concurrency: 4 },
      scaling: { instances: 2, timeScale: 1000 },
    });
    emulator = started.emulator as SagemakerEmulator;
    const { scaling, targetOptions } = emulator;
    const { endpointName, region, baseUrl } = targetOptions;
    const { cwd } = await project({
      target: { kind: 'sagemaker', endpointName, region, baseUrl, payloads: { inline: [[1]] } },
      ...{ workers: 1, load: { users: 1, duration: '5s' } },
    });
    const environment = emulator.environment as Record<string, string>;
    const start = (...argv: string[]) => new Command(argv, { cwd, environment });
    const run = async (...argv: string[]) => {
      const command = start(...argv);
      const exitCode = await command.ended;
      return { exitCode, stdout: command.stdout, stderr: command.stderr.replace(/\s+/g, ' ') };
    };
    /** When the service has the instances that are wanted. */
    const settings = () =>
      vi.waitFor(
        async () => {
          const { exitCode, stdout, stderr } = await run('scaling', 'show', '--json');
          expect(exitCode, stderr).toBe(0);
          const state = JSON.parse(stdout) as { settings: unknown; busy: boolean };
          expect(state.busy).toBe(false);
          return state.settings;
        },
        { timeout: 120_000 },
      );
    const isSuspended = () => scaling!.target?.SuspendedState?.DynamicScalingOutSuspended === true;

    const before = await settings();
    expect(await run('scaling', 'apply', '--yes', ...figures)).toMatchObject({ exitCode: 0 });
    const applied = await settings();
    expect(applied).not.toEqual(before);

    const killed = start(...calibration);
    await vi.waitFor(() => expect(isSuspended(), killed.stderr).toBe(true), { timeout: 120_000 });
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(isSuspended()).toBe(true);

    for (const command of [
      calibration,
      ['scaling', 'apply', '--yes', ...figures, '--peak', '500/s'],
      ['scaling', 'verify', '--yes', ...figures, '--p95', '500ms'],
    ]) {
      expect(await run(...command)).toMatchObject({
        exitCode: 104,
        stderr: expect.stringMatching(/is suspended by the calibration .*loadwright scaling rollback/),
      });
    }
    expect(isSuspended()).toBe(true);

    const shown = await run('scaling', 'show');
    expect(shown.stdout).toMatch(/suspended at .* by the calibration .*\n.*changed at .* by .*scaling apply/);

    const [first, second] = [await run('scaling', 'rollback', '--yes'), await settings()];
    expect([first.exitCode, first.stdout]).toEqual([
      0,
      expect.stringContaining('Before that it was changed at'),
    ]);
    expect(second).toEqual(applied);
    expect(await run('scaling', 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await settings()).toEqual(before);
  },
  timeout,
);
