import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useMachineRoot } from './root.js';
import { itWith, runTool } from './tools.js';

const units = '/etc/systemd/system';
const timers = 'loadwright-expiry.timer loadwright-silence.timer loadwright-heartbeat.timer';
const root = useMachineRoot();

describe('the expiry', () => {
  itWith('systemd-analyze')('is a timer that systemd accepts, with no complaint', async () => {
    root().writeFiles();
    expect(await root().verifyUnits('loadwright-expiry.timer', 'loadwright-expiry.service')).toEqual({
      exitCode: 0,
      complaints: [],
    });
  });

  itWith('systemd-analyze')('cannot be started without its time: systemd refuses the timer', async () => {
    root().writeFiles();
    rmSync(root().path(`${units}/loadwright-expiry.timer.d`), { recursive: true });
    const { complaints } = await root().verifyUnits('loadwright-expiry.timer');
    expect(complaints.join('\n')).toContain('Timer unit lacks value setting');
  });

  itWith('systemd-analyze')('is at the absolute time, once', async () => {
    const { content } = root().writeFiles();
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
    const { content } = root().writeFiles();
    const timer = content(`${units}/loadwright-expiry.timer`);
    expect(timer).toMatch(/^Persistent=true$/m);
    expect(timer).toMatch(/^WantedBy=timers\.target$/m);
    expect(timer).not.toMatch(/^On(Boot|Active|Startup|Unit)/m);
  });

  it('runs a command that powers the machine off', async () => {
    root().writeFiles();
    root().standIn('systemctl');
    expect(await root().runUnit('loadwright-expiry.service')).toBe(0);
    expect(root().calls).toEqual(['systemctl poweroff']);
  });

  it('powers the machine off when the timers cannot be armed', async () => {
    const [file = '', ...args] = root().writeFiles().config.runcmd[0] ?? [];
    root().standIn('systemctl', '[ "$1" = poweroff ]');
    expect((await runTool('dash', file, args, root().environment)).exitCode).toBe(0);
    expect(root().calls).toEqual([`systemctl enable --now ${timers}`, 'systemctl poweroff']);
  });

  it('only arms the timers when that works', async () => {
    const [file = '', ...args] = root().writeFiles().config.runcmd[0] ?? [];
    root().standIn('systemctl');
    await runTool('dash', file, args, root().environment);
    expect(root().calls).toEqual([`systemctl enable --now ${timers}`]);
  });

  it.each([
    [
      'arms a timer at every boot, before anything else',
      '',
      [/^systemd-run .*--on-calendar=2099-11-23 13:05:07 UTC .*systemctl poweroff$/],
    ],
    [
      'powers the machine off when that timer cannot be made',
      'exit 1',
      [/^systemd-run /, /^systemctl poweroff$/],
    ],
  ])('%s', async (_what, script, calls) => {
    const [file = '', ...args] = root().writeFiles().config.bootcmd[0] ?? [];
    root().standIn('systemctl');
    root().standIn('systemd-run', script);
    expect((await runTool('dash', file, args, root().environment)).exitCode).toBe(0);
    expect(root().calls).toEqual(calls.map((call) => expect.stringMatching(call) as string));
  });

  it('powers a machine off that boots after its time', async () => {
    const [file = '', ...args] = root().writeFiles({ expiresAt: new Date(0) }).config.bootcmd[0] ?? [];
    root().standIn('systemctl');
    root().standIn('systemd-run');
    await runTool('dash', file, args, root().environment);
    expect(root().calls).toEqual(['systemctl poweroff']);
  });
});
