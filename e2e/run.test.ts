import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { Command } from '../packages/cli/test/command.js';
import { anyTimeFlags, busyMachineFlags } from '../packages/infra/test/busy-machine.js';
import { itWhole } from '../packages/infra/test/matrix.js';

const timeout = 240_000;
const little = ['--emulator', '--users', '20', '--spawn-rate', '50', '--duration', '3s', '--workers', '1'];

describe.concurrent('loadwright run', () => {
  it(
    'runs what init has written at once, against the emulator, and report shows it again',
    async () => {
      const init = new Command(['init', 'sagemaker', '--yes']);
      expect(await init.ended).toBe(0);
      const { cwd } = init;
      const tolerant = [...anyTimeFlags, ...busyMachineFlags];
      const command = new Command(['run', ...little, '--observe', ...tolerant], { cwd });
      const exitCode = await command.ended;
      const output = command.stdout + command.stderr;
      expect({ exitCode, output }).toEqual({ exitCode: 0, output });
      expect(command.stdout).toContain('✓ PASS');
      const file = /report +(.*report\.html)/.exec(command.stdout)?.[1] ?? '';
      expect(existsSync(file)).toBe(true);
      const { observed, accounting } = JSON.parse(
        readFileSync(join(dirname(file), 'summary.json'), 'utf8'),
      ) as RunReport;
      const valuesOf = (name: string) =>
        observed!.figures.find((figure) => figure.name === name)!.points.map(([, , value]) => value);
      // By the minute, in requests a second. The preflight is one more, or was in the minute before those of the load.
      const invocations = valuesOf('Invocations').reduce((sum, value) => sum + 60 * value, 0);
      expect([0, 1]).toContain(Math.round(invocations) - accounting!.due);
      expect(valuesOf('instances')).toContain(1);
      expect(readFileSync(file, 'utf8')).toContain('Instances of the service');
      const report = new Command(['report'], { cwd });
      expect(await report.ended).toBe(0);
      expect(report.stdout).toContain(file);
    },
    timeout,
  );

  itWhole(
    'ends with 99 when a threshold fails, and tells it in one JSON document',
    async () => {
      const { cwd, ended } = new Command(['init', 'dht', '--yes', '--format', 'yaml']);
      expect(await ended).toBe(0);
      const threshold = ['--threshold', 'http_req_duration: p(95)<1'];
      const command = new Command(['run', ...little, ...busyMachineFlags, ...threshold, '--json'], { cwd });
      const exitCode = await command.ended;
      const output = command.stdout + command.stderr;
      expect({ exitCode, output }).toEqual({ exitCode: 99, output });
      const report = JSON.parse(command.stdout) as RunReport;
      expect(report.verdict).toBe('FAIL');
      expect(report.thresholds).toContainEqual(
        expect.objectContaining({ metric: 'http_req_duration', expression: 'p(95)<1', passed: false }),
      );
    },
    timeout,
  );
});
