import { validate } from '@loadwright/core/fleet';
import { ubuntuImages, type PublicImages } from '../aws/account/image.js';
import { resolveShared, type ResolvedOptions, type SharedSettings } from '../aws/fleet-settings.js';
import { withPlainEnvironment } from '../environment.js';
import { ec2FleetOptionsSchema, type Ec2FleetOptions } from './options.js';

/** What this kind of fleet is called, in configurations and on what it makes. */
export const ec2Kind = 'ec2';

type ValidOptions = ReturnType<typeof ec2FleetOptionsSchema.parse>;

/** {@link Ec2FleetOptions} with variables and defaults filled in. */
export interface Ec2FleetSettings
  extends Omit<ValidOptions, ResolvedOptions | 'environment'>, SharedSettings {
  readonly newestImages: PublicImages;
  /** Its one machine makes the token that its nodes know each other by. */
  readonly sharesToken: false;
}

/**
 * Fills in variables and defaults; an option wins over its variable, and an empty variable counts as absent.
 *
 * @throws LoadwrightError `CONFIG_INVALID` with every wrong option.
 */
export function resolveOptions(options: Ec2FleetOptions): Ec2FleetSettings {
  const valid = validate(ec2FleetOptionsSchema, withPlainEnvironment(options), { field: 'fleet' });
  return { ...valid, ...resolveShared(ec2Kind, valid), newestImages: ubuntuImages, sharesToken: false };
}
