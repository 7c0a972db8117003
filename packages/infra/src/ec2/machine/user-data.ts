import { readFileSync } from 'node:fs';
import { LoadwrightError, locustVersion } from '@loadwright/core/fleet';
import { certificateFiles, webUiFiles } from '../../aws/machine/certificate.js';
import { asUserData, file, home, unitFile, type CloudConfig } from '../../aws/machine/cloud-config.js';
import { forgettingFiles } from '../../aws/machine/forget.js';
import { endAt, startTimers, timerFiles } from '../../aws/machine/timers.js';
import { machineFile } from './machine-file.js';
import type { MachineSettings } from './settings.js';

/** Ports that the machine needs on loopback: that of the bundle's own compose file, and the master's for its workers. */
export const takenPorts: readonly number[] = [8089, 5557];

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
  return asUserData(cloudConfig(settings));
}

function cloudConfig(settings: MachineSettings): CloudConfig {
  return {
    bootcmd: [endAt(settings.expiresAt)],
    // What ends the machine first: cloud-init writes the files in this order.
    write_files: [
      ...timerFiles(settings.expiresAt),
      unitFile('loadwright.service', read('loadwright.service')),
      file('/etc/sysctl.d/60-loadwright.conf', read('60-loadwright.conf')),
      file(`${home}/settings.json`, settingsFile(settings)),
      file(`${home}/machine.yml`, machineFile(settings)),
      file(`${home}/fetch.py`, read('fetch.py')),
      ...forgettingFiles(),
      ...(settings.certificate === undefined ? [] : certificateFiles()),
      ...webUiFiles(),
      file(`${home}/answers.py`, read('answers.py')),
      file(`${home}/prepare.sh`, read('prepare.sh')),
    ],
    runcmd: [startTimers, ['systemctl', 'enable', '--now', '--no-block', 'loadwright.service']],
  };
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

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
