import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Calibration } from '@loadwright/core/calibrate';
import type { SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { afterEach, expect, it, vi } from 'vitest';
import { findTarget } from '../packages/cli/src/config/target.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { Command, locust } from '../packages/cli/test/command.js';
import { project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';
import { busyMachineReasons } from '../packages/infra/test/busy-machine.js';

let emulator: SagemakerEmulator | undefined;
afterEach(() => emulator?.stop());

/** An endpoint that scales, 60 times faster than a real one, and a project that calibrates it as if it were one. */
async function scaledEndpoint(more: object = {}, change: Readonly<Record<string, string>> = {}) {
  const { definition } = await findTarget('sagemaker', new TestIo());
  const started = await startEmulator(definition, {
    // An instance serves 80 requests in a second of this machine.
    ...{ serviceTime: '3s', concurrency: 4 },
    scaling: { instances: 2, startTime: '1m', publication: '10s', timeScale: 60 },
  });
  emulator = started.emulator as SagemakerEmulator;
  const { targetOptions, scaling, environment } = emulator;
  const { endpointName, region, baseUrl } = targetOptions;
  const { cwd } = await project({
    target: { kind: 'sagemaker', endpointName, region, baseUrl, payloads: { inline: [[1]] } },
    ...{ workers: 1, load: { users: 1, duration: '5s' }, ...more },
  });
  const variables: Record<string, string> = { ...(environment as Record<string, string>), ...change };
  const run = async (...argv: string[]) => {
    const command = new Command(argv, { cwd, environment: variables });
    const exitCode = await command.ended;
    return { exitCode, stdout: command.stdout, stderr: command.stderr };
  };
  const show = async () =>
    JSON.parse((await run('scaling', 'show', '--json')).stdout) as {
      busy: boolean;
      instances: { current: number; desired: number };
      settings: unknown;
    };
  // Of the service of these times: it carries 4 requests in one of its seconds.
  const figures = ['--peak', '4/s', '--ramp', '15m', '--capacity', '1.2/s', '--service-time', '3s'];
  expect(await run('scaling', 'apply', '--yes', ...figures)).toMatchObject({ exitCode: 0 });
  await vi.waitFor(async () => expect((await show()).busy).toBe(false), { timeout: 60_000 });
  const objective = ['calibrate', '--objective', 'p(95)<300', '--budget', '30s', '--warm-up', '1s', '--json'];
  return {
    show,
    isSuspended: () => scaling!.target?.SuspendedState?.DynamicScalingOutSuspended === true,
    /** @returns what was found, and how often the scaling was seen suspended. */
    calibrate: async (flags: string[], onSuspended = () => {}) => {
      const calibrating = run(...objective, ...flags);
      let suspended = 0;
      const look = setInterval(() => {
        if (!scaling!.target?.SuspendedState?.DynamicScalingOutSuspended) return;
        if (suspended === 0) onSuspended();
        suspended += 1;
      }, 100);
      const { exitCode, stdout, stderr } = await calibrating.finally(() => clearInterval(look));
      return { exitCode, stderr, suspended, found: JSON.parse(stdout) as Calibration };
    },
    snapshots: async () => {
      const folder = join(cwd, 'results', 'scaling');
      const files = existsSync(folder) ? await readdir(folder) : [];
      return files.filter((file) => file.endsWith('.suspended.json'));
    },
  };
}

/**
 * A thread in each worker that takes the processor and gives it back in long turns only, as other work of a
 * machine that is too small does: the worker has more than nine tenths of a processor in use, and its event loop
 * is late, whatever machine this is. It begins when the workers are there, and the scaling is suspended for them.
 */
const busyWorker = `
import sys, _thread
from os.path import exists
from time import sleep

def burn():
    while not exists(__file__ + ".go"):
        sleep(0.05)
    sys.setswitchinterval(0.03)
    while True:
        pass

if "--worker" in sys.orig_argv:
    _thread.start_new_thread(burn, ())
`;

it('a generator that is too small makes levels INVALID and the calibration too, and scaling goes on as before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-busy-worker-'));
  await writeFile(join(folder, 'sitecustomize.py'), busyWorker);
  const slow = join(folder, 'locust');
  await writeFile(slow, `#!/bin/sh\nPYTHONPATH='${folder}' exec '${locust ?? 'locust'}' "$@"\n`, {
    mode: 0o755,
  });
  const endpoint = await scaledEndpoint({}, { LOADWRIGHT_LOCUST: slow });
  const before = await endpoint.show();
  const { exitCode, found, suspended, stderr } = await endpoint.calibrate(
    ['--from', '40/s', '--budget', '90s'],
    () => writeFileSync(join(folder, 'sitecustomize.py.go'), ''),
  );
  expect([exitCode, found.outcome, found.end], stderr).toEqual([96, 'INVALID', 'generator']);
  expect(found.levels.length).toBeGreaterThan(0);
  for (const { classes, invalid } of found.levels) {
    expect([classes, invalid.length > 0]).toEqual([['invalid'], true]);
  }
  expect(found.causes.map(({ id }) => id)).toContain('generator-too-small');
  expect(suspended).toBeGreaterThan(0);
  expect([endpoint.isSuspended(), await endpoint.snapshots()]).toEqual([false, []]);
  expect((await endpoint.show()).settings).toEqual(before.settings);
});

it('autoscaling that goes on during the levels makes the calibration INVALID, and is left as it is', async () => {
  const endpoint = await scaledEndpoint({ tolerate: busyMachineReasons });
  const before = await endpoint.show();
  const { exitCode, found, suspended, stderr } = await endpoint.calibrate([
    '--keep-scaling',
    '--from',
    '100/s',
  ]);
  expect([exitCode, found.outcome], stderr).toEqual([96, 'INVALID']);
  expect(found.causes[0]).toMatchObject({
    id: 'capacity-changes',
    reason: expect.stringMatching(/number of instances changes .* \(\d+ instances then, \d+ later\)/),
  });
  expect(found.instances!.before).toBe(before.instances.desired);
  expect(found.instances!.after).toBeGreaterThan(found.instances!.before);
  expect([suspended, endpoint.isSuspended(), await endpoint.snapshots()]).toEqual([0, false, []]);
  expect((await endpoint.show()).settings).toEqual(before.settings);
});
