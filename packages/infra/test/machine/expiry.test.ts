import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readUserData } from './settings.js';
import { runTool } from './tools.js';

const units = '/etc/systemd/system';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'machine-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The files of the user data, below a root of their own. */
function writeMachine() {
  const { config, content } = readUserData();
  for (const file of config.write_files) {
    const path = join(root, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content, { mode: Number.parseInt(file.permissions, 8) });
  }
  return { config, content };
}

/** Puts a command first on PATH that writes down how it was called. */
function standIn(name: string, body = '') {
  const path = join(root, 'bin', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${root}/calls'\n${body}\n`);
  chmodSync(path, 0o755);
}

const onPath = () => ({ PATH: `${join(root, 'bin')}:${process.env['PATH']}` });
const calls = () => readFileSync(join(root, 'calls'), 'utf8').trimEnd().split('\n');

describe('the expiry', () => {
  it('is a timer that systemd accepts, with no complaint', async () => {
    writeMachine();
    const { exitCode, output } = await runTool(
      'systemd',
      'systemd-analyze',
      ['verify', '--man=no', 'loadwright-expiry.timer', 'loadwright-expiry.service'],
      { SYSTEMD_UNIT_PATH: `${join(root, units)}:/lib/systemd/system` },
    );
    expect(output.split('\n').filter((line) => line.includes('loadwright'))).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it('cannot be started without its time: systemd refuses the timer', async () => {
    writeMachine();
    rmSync(join(root, units, 'loadwright-expiry.timer.d'), { recursive: true });
    const { output } = await runTool(
      'systemd',
      'systemd-analyze',
      ['verify', '--man=no', 'loadwright-expiry.timer'],
      {
        SYSTEMD_UNIT_PATH: `${join(root, units)}:/lib/systemd/system`,
      },
    );
    expect(output).toContain('Timer unit lacks value setting');
  });

  it('is at the absolute time, once', async () => {
    const { content } = writeMachine();
    const time =
      /^OnCalendar=(.+)$/m.exec(content(`${units}/loadwright-expiry.timer.d/time.conf`))?.[1] ?? '';
    const { exitCode, output } = await runTool(
      'systemd',
      'systemd-analyze',
      ['calendar', '--iterations=2', time],
      { TZ: 'UTC' },
    );
    expect(exitCode).toBe(0);
    expect(output).toMatch(/Normalized form: 2099-11-23 13:05:07 UTC\n/);
    expect(output).toMatch(/Next elapse: Mon 2099-11-23 13:05:07 UTC\n/);
    expect(output).not.toContain('Iteration #2');
  });

  it('outlives a stop and a start: nothing in it is relative to a boot', () => {
    const { content } = writeMachine();
    const timer = content(`${units}/loadwright-expiry.timer`);
    expect(timer).toMatch(/^Persistent=true$/m);
    expect(timer).toMatch(/^WantedBy=timers\.target$/m);
    expect(timer).not.toMatch(/^On(Boot|Active|Startup|Unit)/m);
  });

  it('runs a command that powers the machine off', async () => {
    const { content } = writeMachine();
    standIn('systemctl');
    const command = /^ExecStart=(.+)$/m.exec(content(`${units}/loadwright-expiry.service`))?.[1] ?? '';
    const [file = '', ...args] = command.split(' ');
    expect((await runTool(basename(file), file, args, onPath())).exitCode).toBe(0);
    expect(calls()).toEqual(['systemctl poweroff']);
  });

  it('powers the machine off when the timer cannot be armed', async () => {
    const [file = '', ...args] = writeMachine().config.runcmd[0] ?? [];
    standIn('systemctl', '[ "$1" = poweroff ]');
    expect((await runTool('dash', file, args, onPath())).exitCode).toBe(0);
    expect(calls()).toEqual(['systemctl enable --now loadwright-expiry.timer', 'systemctl poweroff']);
  });

  it('only arms the timer when that works', async () => {
    const [file = '', ...args] = writeMachine().config.runcmd[0] ?? [];
    standIn('systemctl');
    await runTool('dash', file, args, onPath());
    expect(calls()).toEqual(['systemctl enable --now loadwright-expiry.timer']);
  });
});
