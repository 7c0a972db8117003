import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { LoadwrightError, locustVersion, secondsOf } from '@loadwright/core/fleet';
import { stringify } from 'yaml';
import { machineFile } from './machine-file.js';
import type { MachineSettings } from './settings.js';

/** Ports that the machine needs on loopback: that of the bundle's own compose file, and the master's for its workers. */
export const takenPorts: readonly number[] = [8089, 5557];

/** Limit of EC2, before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const longestBytes = 16_384;

const home = '/opt/loadwright';
const units = '/etc/systemd/system';

/** The timers that end a machine: its time is over, or its web UI has not answered for too long. */
const ends = ['loadwright-expiry.timer', 'loadwright-silence.timer', 'loadwright-heartbeat.timer'];

/** Seconds after which a machine ends whose web UI has not answered: the figure of its own timer. */
export function longestSilenceSeconds(): number {
  const [, minutes = ''] = /^OnActiveSec=(\d+m)in$/m.exec(read('loadwright-silence.timer')) ?? [];
  return secondsOf(minutes);
}

/**
 * The user data of an Ubuntu machine: a cloud-config, gzipped, to be sent as it is (in base64, as the API wants it).
 * The same settings give the same bytes.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the port of the UI is taken, or when EC2 would refuse the length.
 */
export function userData(settings: MachineSettings): Buffer {
  if (takenPorts.includes(settings.uiPort)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `uiPort is ${settings.uiPort}, which the machine itself uses, as it does ${takenPorts.join(' and ')}.`,
      { hint: 'Set uiPort to another port, such as 80.' },
    );
  }
  const bytes = gzipSync(`#cloud-config\n${stringify(cloudConfig(settings))}`, { level: 9 });
  if (bytes.length > longestBytes) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `The user data of the machine has ${bytes.length} bytes; EC2 takes ${longestBytes}.`,
      {
        hint: 'Its names are what varies: shorten those of the bucket, the prefix and the variables, or set fewer variables.',
      },
    );
  }
  return bytes;
}

function cloudConfig(settings: MachineSettings) {
  return {
    // At every boot, before cloud-init does anything that can fail or take its time.
    bootcmd: [['sh', '-c', endAt(settings.expiresAt)]],
    // What ends the machine first: cloud-init writes the files in this order.
    write_files: [
      unit('loadwright-expiry.service'),
      unit('loadwright-expiry.timer'),
      file(`${units}/loadwright-expiry.timer.d/time.conf`, expiryTime(settings.expiresAt)),
      unit('loadwright-silence.timer'),
      unit('loadwright-heartbeat.timer'),
      unit('loadwright-heartbeat.service'),
      unit('loadwright.service'),
      file('/etc/sysctl.d/60-loadwright.conf', read('60-loadwright.conf')),
      file(`${home}/settings.json`, settingsFile(settings)),
      file(`${home}/machine.yml`, machineFile(settings)),
      file(`${home}/aws_requests.py`, read('aws_requests.py')),
      file(`${home}/fetch.py`, read('fetch.py')),
      file(`${home}/forget.py`, read('forget.py')),
      ...(settings.certificate === undefined ? [] : [file(`${home}/certificate.py`, read('certificate.py'))]),
      file(`${home}/answers.py`, read('answers.py')),
      file(`${home}/prepare.sh`, read('prepare.sh')),
    ],
    runcmd: [
      // A machine that cannot be sure of its end must not begin.
      ['sh', '-c', `systemctl enable --now ${ends.join(' ')} || systemctl poweroff`],
      ['systemctl', 'enable', '--now', '--no-block', 'loadwright.service'],
    ],
  };
}

/** systemd's own notation, in UTC. */
function calendarTime(expiresAt: Date): string {
  const [date, time] = expiresAt.toISOString().split(/[T.]/);
  return `${date} ${time} UTC`;
}

function expiryTime(expiresAt: Date): string {
  return `[Timer]\nOnCalendar=${calendarTime(expiresAt)}\n`;
}

/** A timer of its own for this boot; where there can be none, or its time is past, the machine ends at once. */
function endAt(expiresAt: Date): string {
  const isEarly = `test "$(date +%s)" -lt ${Math.floor(expiresAt.getTime() / 1000)}`;
  const timer = `systemd-run --unit=loadwright-end --on-calendar='${calendarTime(expiresAt)}' --timer-property=AccuracySec=1s`;
  // The service removes the secrets first; the file of it may not be written yet.
  const end = 'systemctl start loadwright-expiry.service || systemctl poweroff';
  return `{ ${isEarly} && ${timer} sh -c '${end}'; } || systemctl poweroff`;
}

/** What the master and the workers of a machine run in, unless the options name another image. */
export function usualContainerImage(): string {
  return `locustio/locust:${locustVersion()}`;
}

function settingsFile({ expiresAt, containerImage, ...settings }: MachineSettings): string {
  const scheme = settings.certificate === undefined ? 'http' : 'https';
  const image = containerImage ?? usualContainerImage();
  return `${JSON.stringify({ ...settings, scheme, image, expiresAt: expiresAt.toISOString() }, null, 2)}\n`;
}

function unit(name: string) {
  return file(`${units}/${name}`, read(name));
}

function file(path: string, content: string) {
  return { path, owner: 'root:root', permissions: '0644', content };
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
