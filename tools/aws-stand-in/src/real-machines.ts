import { randomBytes } from 'node:crypto';
import type { Behaviour } from './account.js';
import type { Machine } from './machine.js';
import { RealMachine } from './real-machine/machine.js';
import type { RoleKeys } from './real-machine/metadata-service.js';
import type { AwsStandIn } from './stand-in.js';

export interface RealMachinesOptions {
  /** Credentials that the machines' roles give. Default: made up for each machine. */
  readonly keys?: RoleKeys;
}

/** Machines that run what their user data says. */
export interface RealMachines {
  /** For the {@link Behaviour} of the stand-in. */
  readonly hooks: Pick<Behaviour, 'onMachine' | 'onMachineGone' | 'consoleOutput'>;
  /** Every machine that was made, the newest last. */
  readonly made: readonly Machine[];
  /** What failed on any of them, with its last lines. A test that expects none asks for it at its end. */
  readonly failures: string[];
}

/**
 * Every machine that RunInstances makes becomes a real Locust master and its workers, at an address of its own and from
 * its user data alone. They end with the machine, and with the stand-in.
 */
export function realMachines(aws: AwsStandIn, { keys }: RealMachinesOptions = {}): RealMachines {
  const running = new Map<string, RealMachine>();
  const made: Machine[] = [];
  const failures: string[] = [];
  return {
    made,
    failures,
    hooks: {
      onMachine: async (machine) => {
        made.push(machine);
        const role = await roleOf(machine);
        const onFailure = (text: string) => failures.push(`${machine.id} ${text}`);
        running.set(machine.id, new RealMachine({ machine, role, endpoint: aws.endpoint, onFailure }));
      },
      onMachineGone: (id) => running.get(id)?.end(),
      consoleOutput: (id) => running.get(id)?.console.join('\r\n') ?? '',
    },
  };

  async function roleOf({ instanceProfile }: Machine) {
    const given = keys ?? madeUpKeys();
    const name = await aws.addRoleKeys(given.accessKeyId, instanceProfile);
    return name === undefined ? undefined : { name, keys: given };
  }
}

function madeUpKeys(): RoleKeys {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(96).toString('base64'),
  };
}
