import { readFileSync } from 'node:fs';
import { attributes } from '../../aws/kinds/container-instance.js';
import { asUserData, file, home, type CloudConfig } from '../../aws/machine/cloud-config.js';
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
}

/** User data of a machine with the image of AWS for ECS. The agent starts when cloud-init has ended: nothing here starts it. */
export function userData(settings: EcsMachineSettings): Buffer {
  return asUserData(cloudConfig(settings));
}

function cloudConfig(settings: EcsMachineSettings): CloudConfig {
  const { role, uiPort, expiresAt } = settings;
  return {
    bootcmd: [endAt(expiresAt)],
    write_files: [
      ...timerFiles(expiresAt),
      file('/etc/ecs/ecs.config', agentConfig(settings)),
      file('/etc/sysctl.d/60-loadwright.conf', read('60-loadwright.conf')),
      file(`${home}/settings.json`, `${JSON.stringify({ role, uiPort, masterPort })}\n`),
      file(`${home}/answers.py`, read('answers.py')),
    ],
    runcmd: [
      startTimers,
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

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
