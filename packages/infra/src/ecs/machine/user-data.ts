import { readFileSync } from 'node:fs';
import { attributes } from '../../aws/kinds/container-instance.js';
import { certificateFiles, webUiFiles } from '../../aws/machine/certificate.js';
import { asUserData, file, home, unitFile, type CloudConfig } from '../../aws/machine/cloud-config.js';
import { forgettingFiles, type ForgottenSecrets } from '../../aws/machine/forget.js';
import { endAt, startTimers, timerFiles } from '../../aws/machine/timers.js';
import { masterPort } from '../ports.js';

/** What a machine must know to run the containers of a fleet. Holds no secret: anybody in the account may read it. */
export interface EcsMachineSettings {
  readonly fleetId: string;
  readonly cluster: string;
  readonly role: 'master' | 'worker';
  /** `master`, `worker-3`: its name in the fleet. */
  readonly part: string;
  readonly uiPort: number;
  readonly spot: boolean;
  /** When the machine powers itself off. */
  readonly expiresAt: Date;
  /** What the machine removes from the Parameter Store when its time is over: that of the master does it for all. */
  readonly forgets?: ForgottenSecrets | undefined;
  /** Name of the parameter, among those, that the machine gives the certificate of its web UI. Absent: plain HTTP. */
  readonly certificate?: string | undefined;
}

/** Makes the certificate at every boot, before the agent starts a container. */
const certificateUnit = 'loadwright-certificate.service';

/** User data of a machine with the image of AWS for ECS. The agent starts when cloud-init has ended: nothing here starts it. */
export function userData(settings: EcsMachineSettings): Buffer {
  return asUserData(cloudConfig(settings));
}

function cloudConfig(settings: EcsMachineSettings): CloudConfig {
  const { role, uiPort, expiresAt, forgets, certificate } = settings;
  const isEncrypted = certificate !== undefined;
  const scheme = isEncrypted ? 'https' : 'http';
  const known = {
    role,
    scheme,
    uiPort,
    masterPort,
    certificate,
    expiresAt: expiresAt.toISOString(),
    ...forgets,
  };
  return {
    bootcmd: [endAt(expiresAt)],
    write_files: [
      ...timerFiles(expiresAt),
      file('/etc/ecs/ecs.config', agentConfig(settings)),
      file('/etc/sysctl.d/60-loadwright.conf', kernelSettings(uiPort)),
      file(`${home}/settings.json`, `${JSON.stringify(known)}\n`),
      file(`${home}/answers.py`, read('answers.py')),
      ...webUiFiles(),
      ...(forgets === undefined ? [] : forgettingFiles()),
      ...(isEncrypted ? [...certificateFiles(), unitFile(certificateUnit, read(certificateUnit))] : []),
    ],
    runcmd: [
      startTimers,
      ...(isEncrypted ? [['systemctl', 'enable', '--now', certificateUnit]] : []),
      ['sysctl', '--quiet', '--load', '/etc/sysctl.d/60-loadwright.conf'],
      // The agent of Session Manager is not on every image for ECS; without a way to it the machine is reached otherwise.
      [
        'sh',
        '-c',
        'rpm -q amazon-ssm-agent || dnf install -y -q amazon-ssm-agent; systemctl enable --now amazon-ssm-agent || true',
      ],
    ],
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html */
function agentConfig({ cluster, fleetId, role, part, spot }: EcsMachineSettings): string {
  const own = { [attributes.role]: role, [attributes.fleet]: fleetId, [attributes.part]: part };
  return [
    `ECS_CLUSTER=${cluster}`,
    `ECS_INSTANCE_ATTRIBUTES=${JSON.stringify(own)}`,
    // The image is named by its digest: what is there is what is meant.
    'ECS_IMAGE_PULL_BEHAVIOR=prefer-cached',
    ...(spot ? ['ECS_ENABLE_SPOT_INSTANCE_DRAINING=true'] : []),
    '',
  ].join('\n');
}

/** The ports that the master and the agent of ECS listen at are never given to a connection. */
function kernelSettings(uiPort: number): string {
  const reserved = [...new Set([masterPort, uiPort])].join(',');
  return `${read('60-loadwright.conf')}net.ipv4.ip_local_reserved_ports = ${reserved},51678-51679\n`;
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
