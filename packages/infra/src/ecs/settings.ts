import { LoadwrightError, validate } from '@loadwright/core/fleet';
import { ecsImages, type PublicImages } from '../aws/account/image.js';
import { resolveShared, type ResolvedOptions, type SharedSettings } from '../aws/fleet-settings.js';
import { sharedRepository } from '../aws/kinds/ecs-place.js';
import { withPlainEnvironment } from '../environment.js';
import { ecsFleetOptionsSchema, type EcsFleetOptions } from './options.js';

/** What this kind of fleet is called, in configurations and on what it makes. */
export const ecsKind = 'ecs';

type ValidOptions = ReturnType<typeof ecsFleetOptionsSchema.parse>;

/** {@link EcsFleetOptions} with variables and defaults filled in. */
export interface EcsFleetSettings
  extends Omit<ValidOptions, ResolvedOptions | 'environment' | 'workers' | 'repository'>, SharedSettings {
  readonly newestImages: PublicImages;
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
  return {
    ...valid,
    ...resolveShared(ecsKind, valid),
    newestImages: ecsImages,
    workerMachines: workers,
    machines: { onDemand: 1 + (valid.spot ? 0 : workers), spot: valid.spot ? workers : 0 },
    repository: valid.repository ?? sharedRepository,
    isOwnRepository: valid.repository !== undefined && valid.repository !== sharedRepository,
  };
}

/**
 * Each machine runs as many worker processes as the others: ECS runs the same task on each.
 *
 * @returns how many
 * @throws LoadwrightError `CONFIG_INVALID` when they cannot be divided.
 */
export function processesOfMachine({ workerMachines }: EcsFleetSettings, workers: number): number {
  if (workers % workerMachines === 0) return workers / workerMachines;
  const more = Math.ceil(workers / workerMachines) * workerMachines;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `workers: found ${workers}, expected a multiple of the ${workerMachines} machines, such as ${more}`,
    {
      hint: 'Each machine runs as many worker processes as the others. Leave workers out for one a vCPU, or change workers of the fleet, which counts machines.',
    },
  );
}

/** @throws LoadwrightError `CONFIG_INVALID` when nobody has chosen a way to the web UI, and none can be taken. */
export function requireAccess({ access, accessReason = '' }: EcsFleetSettings): void {
  if (access !== 'https') return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.access: missing, and session-manager cannot be taken: ${accessReason}`,
    {
      hint: 'Install the AWS CLI and its plugin: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html. Or set access: http, of which the login can be read on the way.',
    },
  );
}
