import { existsSync } from 'node:fs';
import type { RunReport } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { Command } from './command.js';
import { itWhole } from '../../infra/test/matrix.js';

const timeout = 240_000;
const little = ['--emulator', '--users', '20', '--spawn-rate', '50', '--duration', '3s', '--workers', '1'];

describe.concurrent('loadwright run', () => {
  it(
    'runs what init has written at once, against the emulator, and report shows it again',
    async () => {
      const init = new Command(['init', 'sagemaker', '--yes']);
      expect(await init.ended).toBe(0);
      const { cwd } = init;
      const command = new Command(['run', ...little], { cwd });
      const exitCode = await command.ended;
      const output = command.stdout + command.stderr;
      expect({ exitCode, output }).toEqual({ exitCode: 0, output });
      expect(command.stdout).toContain('✓ PASS');
      const file = /report +(.*report\.html)/.exec(command.stdout)?.[1] ?? '';
      expect(existsSync(file)).toBe(true);
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
      const command = new Command(['run', ...little, ...threshold, '--json'], { cwd });
      expect(await command.ended).toBe(99);
      const report = JSON.parse(command.stdout) as RunReport;
      expect(report.verdict).toBe('FAIL');
      expect(report.thresholds).toContainEqual(
        expect.objectContaining({ metric: 'http_req_duration', expression: 'p(95)<1', passed: false }),
      );
    },
    timeout,
  );
});
