import { LoadwrightError, validate } from '@loadwright/core/fleet';
import type { Architecture } from '../aws/account/machine.js';
import { ecsImages, type PublicImages } from '../aws/account/image.js';
import { resolveShared, type ResolvedOptions, type SharedSettings } from '../aws/fleet-settings.js';
import { sharedRepository } from '../aws/kinds/ecs-place.js';
import { withPlainEnvironment } from '../environment.js';
import { defaultMemory, defaultVcpus, memoryProblem } from './fargate/sizes.js';
import { ecsFleetOptionsSchema, type EcsFleetOptions } from './options.js';

/** What this kind of fleet is called, in configurations and on what it makes. */
export const ecsKind = 'ecs';

/** Options of which {@link EcsFleetSettings} holds something else. */
type OwnResolved = 'environment' | 'workers' | 'repository' | 'vcpus' | 'memoryGigabytes' | 'cpuArchitecture';

type ValidOptions = ReturnType<typeof ecsFleetOptionsSchema.parse>;

/** {@link EcsFleetOptions} with variables and defaults filled in. */
export interface EcsFleetSettings extends Omit<ValidOptions, ResolvedOptions | OwnResolved>, SharedSettings {
  /** Of each task on Fargate. */
  readonly vcpus: number;
  readonly memoryGigabytes: number;
  readonly cpuArchitecture: Architecture;
  readonly newestImages: PublicImages;
  readonly subnetOption: 'subnets';
  /** Its machines know each other by a token in the Parameter Store. */
  readonly sharesToken: true;
  /** Machines that make load. */
  readonly workerMachines: number;
  /** One master, never spare capacity, and the workers. */
  readonly machines: { readonly onDemand: number; readonly spot: number };
  readonly repository: string;
  /** The repository is the user's: a fleet does not make it. */
  readonly isOwnRepository: boolean;
}

/**
 * Fills in variables and defaults; an option wins over its variable, and an empty variable counts as absent.
 *
 * @throws LoadwrightError `CONFIG_INVALID` with every wrong option.
 */
export function resolveOptions(options: EcsFleetOptions): EcsFleetSettings {
  const { workers, ...valid } = validate(ecsFleetOptionsSchema, withPlainEnvironment(options), {
    field: 'fleet',
  });
  requireMeaning(options, valid.launchType);
  const vcpus = valid.vcpus ?? defaultVcpus;
  const memoryGigabytes = valid.memoryGigabytes ?? defaultMemory(vcpus);
  requireSize(vcpus, memoryGigabytes);
  return {
    ...valid,
    vcpus,
    memoryGigabytes,
    cpuArchitecture: valid.cpuArchitecture ?? 'x86_64',
    // A task ends by its own entry point: there is no machine to be ended.
    ...(valid.launchType === 'fargate' && { endFromOutside: 'never' as const }),
    ...resolveShared(ecsKind, valid),
    newestImages: ecsImages,
    subnetOption: 'subnets',
    sharesToken: true,
    workerMachines: workers,
    machines: { onDemand: 1 + (valid.spot ? 0 : workers), spot: valid.spot ? workers : 0 },
    repository: valid.repository ?? sharedRepository,
    isOwnRepository: valid.repository !== undefined && valid.repository !== sharedRepository,
  };
}

/** Options of machines, and of tasks without them. */
const meaning = {
  ec2: ['instanceType', 'volumeGigabytes', 'image', 'instanceProfile', 'keyPair', 'endFromOutside'],
  fargate: ['vcpus', 'memoryGigabytes', 'cpuArchitecture', 'assignPublicIp'],
} as const satisfies Record<ValidOptions['launchType'], readonly (keyof EcsFleetOptions)[]>;

/** Defaults hide what was given: what the user wrote is looked at. */
function requireMeaning(options: EcsFleetOptions, launchType: ValidOptions['launchType']): void {
  const other = launchType === 'ec2' ? 'fargate' : 'ec2';
  const given = meaning[other].filter((name) => options[name] !== undefined && options[name] !== 'never');
  if (given.length === 0) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    given.map((name) => `fleet.${name}: has a meaning only with launchType: ${other}`).join('\n'),
    {
      hint:
        launchType === 'ec2'
          ? 'Set launchType: fargate, or leave them out.'
          : 'A task on Fargate has vcpus and memoryGigabytes, and ends itself after timeToLive. Leave them out.',
    },
  );
}

function requireSize(vcpus: number, memoryGigabytes: number): void {
  const problem = memoryProblem(vcpus, memoryGigabytes);
  if (problem === undefined) return;
  throw new LoadwrightError('CONFIG_INVALID', `fleet.memoryGigabytes: found ${memoryGigabytes}, ${problem}`, {
    hint: 'Fargate has these sizes and no others.',
  });
}

/**
 * Each machine runs as many worker processes as the others: ECS runs the same task on each.
 *
 * @returns how many
 * @throws LoadwrightError `CONFIG_INVALID` when they cannot be divided.
 */
export function processesOfMachine(
  { workerMachines, launchType }: Pick<EcsFleetSettings, 'workerMachines' | 'launchType'>,
  workers: number,
): number {
  const [each, all] = launchType === 'fargate' ? ['task', 'tasks'] : ['machine', 'machines'];
  if (workers % workerMachines === 0) return workers / workerMachines;
  const more = Math.ceil(workers / workerMachines) * workerMachines;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `workers: found ${workers}, expected a multiple of the ${workerMachines} ${all}, such as ${more}`,
    {
      hint: `Each ${each} runs as many worker processes as the others. Leave workers out for one a vCPU, or change workers of the fleet, which counts ${all}.`,
    },
  );
}

/** @throws LoadwrightError `CONFIG_INVALID` on Fargate, where no machine makes a certificate, for an encrypted web UI. */
export function requireAccess({ access, accessReason, launchType }: EcsFleetSettings): void {
  if (access !== 'https' || launchType !== 'fargate') return;
  if (accessReason === undefined) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      'fleet.access: found https, expected session-manager or http on Fargate, where no machine makes a certificate',
      {
        hint: 'Set access: session-manager; or launchType: ec2, which has access: https; or access: http, of which the login can be read on the way.',
      },
    );
  }
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.access: missing, and session-manager cannot be taken: ${accessReason}`,
    {
      hint: 'Install the AWS CLI and its plugin: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html. Or set launchType: ec2, which has access: https; or access: http, of which the login can be read on the way.',
    },
  );
}
