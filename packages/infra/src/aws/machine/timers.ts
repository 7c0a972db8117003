import { readFileSync } from 'node:fs';
import { secondsOf } from '@loadwright/core/fleet';
import { file, unitFile, units, type MachineFile } from './cloud-config.js';

/** The timers that end a machine: its time is over, or nothing has answered for too long. */
const ends = ['loadwright-expiry.timer', 'loadwright-silence.timer', 'loadwright-heartbeat.timer'];

/** Seconds after which a machine ends whose heartbeat has failed: the figure of its own timer. */
export function longestSilenceSeconds(): number {
  const [, minutes = ''] = /^OnActiveSec=(\d+m)in$/m.exec(read('loadwright-silence.timer')) ?? [];
  return secondsOf(minutes);
}

/** Units that end a machine, to be written before all else. Its heartbeat is a program of its own, `answers.py`. */
export function timerFiles(expiresAt: Date): MachineFile[] {
  return [
    unit('loadwright-expiry.service'),
    unit('loadwright-expiry.timer'),
    file(`${units}/loadwright-expiry.timer.d/time.conf`, expiryTime(expiresAt)),
    unit('loadwright-silence.timer'),
    unit('loadwright-heartbeat.timer'),
    unit('loadwright-heartbeat.service'),
  ];
}

/** A machine that cannot be sure of its end must not begin. */
export const startTimers: readonly string[] = [
  'sh',
  '-c',
  `systemctl enable --now ${ends.join(' ')} || systemctl poweroff`,
];

/** A timer of its own for this boot; where there can be none, or its time is past, the machine ends at once. */
export function endAt(expiresAt: Date): readonly string[] {
  const isEarly = `test "$(date +%s)" -lt ${Math.floor(expiresAt.getTime() / 1000)}`;
  const timer = `systemd-run --unit=loadwright-end --on-calendar='${calendarTime(expiresAt)}' --timer-property=AccuracySec=1s`;
  // The service removes the secrets first; the file of it may not be written yet.
  const end = 'systemctl start loadwright-expiry.service || systemctl poweroff';
  return ['sh', '-c', `{ ${isEarly} && ${timer} sh -c '${end}'; } || systemctl poweroff`];
}

/** systemd's own notation, in UTC. */
function calendarTime(expiresAt: Date): string {
  const [date, time] = expiresAt.toISOString().split(/[T.]/);
  return `${date} ${time} UTC`;
}

function expiryTime(expiresAt: Date): string {
  return `[Timer]\nOnCalendar=${calendarTime(expiresAt)}\n`;
}

function unit(name: string): MachineFile {
  return unitFile(name, read(name));
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
