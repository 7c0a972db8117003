import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Calibration } from '@loadwright/core/calibrate';
import { expect, it } from 'vitest';
import { Command } from '../packages/cli/test/command.js';

const timeout = 240_000;

it(
  'finds the capacity of an emulator with real Locust on one set of workers, and goes on where it ended',
  async () => {
    const init = new Command(['init', 'rest', '--yes']);
    expect(await init.ended).toBe(0);
    const { cwd } = init;
    const flags = ['--objective', 'p(95)<150', 'rate<0.01', '--emulator', '--from', '100/s'];
    const options = ['--precision', '30%', '--budget', '60s', '--warm-up', '2s', '--json'];
    const command = new Command(['calibrate', ...flags, ...options], { cwd });
    const exitCode = await command.ended;
    expect([0, 99], command.stderr).toContain(exitCode);
    const found = JSON.parse(command.stdout) as Calibration;
    const [capacity] = found.capacities;
    const most = Number(/serves (\d+) requests\/s at most/.exec(command.stderr)?.[1]);
    // Its emulator serves so many; the queue before it makes requests slow a little earlier.
    expect(capacity!.estimate!).toBeGreaterThan(most * 0.6);
    expect(capacity!.estimate!).toBeLessThan(most * 1.15);
    expect(capacity!.proven.upper!).toBeLessThan(most * 2.1);
    expect(found.levels.every(({ invalid }) => invalid.length === 0)).toBe(true);
    expect(found.spent.requests).toBeGreaterThan(1000);
    const folder = found.resultsDirectory;
    expect(existsSync(join(folder, 'calibration.html'))).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'calibration.json'), 'utf8'))).toEqual(found);
    // One start of the workers for all trials.
    expect(command.stderr.match(/✓ provision/g)).toHaveLength(1);
    const journal = readFileSync(join(folder, 'calibration.jsonl'), 'utf8').trim().split('\n');
    expect(journal.length).toBe(1 + found.levels.reduce((sum, { trials }) => sum + trials, 0) + 1);

    // With nothing left of its budget it makes no trial more.
    const again = new Command(['calibrate', ...flags, ...options, '--resume', found.id], { cwd });
    expect(await again.ended, again.stderr).toBe(exitCode);
    const resumed = JSON.parse(again.stdout) as Calibration;
    expect(resumed.capacities).toEqual(found.capacities);
    expect(resumed.spent).toEqual(found.spent);
  },
  timeout,
);
