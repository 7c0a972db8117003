import type { Account } from '../../aws/account/account.js';
import { certificateParameter, type FleetIdentity } from '../../aws/fleet-identity.js';
import type { InstanceParameters } from '../../aws/kinds/instance.js';
import type { ForgottenSecrets } from '../../aws/machine/forget.js';
import { userData } from '../machine/user-data.js';
import type { EcsFleetSettings } from '../settings.js';

/** What of a machine is its fleet's. */
export interface MachinePlace {
  readonly fleet: FleetIdentity;
  readonly clusterName: string;
  /** Id of the security group. */
  readonly group: string;
  /** Name of the instance profile. */
  readonly profile: string;
  /** The secrets that it removes at its end. */
  readonly forgets?: ForgottenSecrets;
  /** Tags besides those that all that is made has. */
  readonly facts: Readonly<Record<string, string>>;
}

/** How a machine of a fleet is launched. */
export function machineParameters(
  settings: EcsFleetSettings,
  { image, subnets }: Pick<Account, 'image' | 'subnets'>,
  part: string,
  { fleet, clusterName, group, profile, facts, forgets }: MachinePlace,
): InstanceParameters {
  const role = part === 'master' ? 'master' : 'worker';
  const spot = settings.spot && role === 'worker';
  const { instanceType, volumeGigabytes, keyPair, uiPort } = settings;
  const { fleetId, expiresAt } = fleet;
  const certificate = role === 'master' && settings.access === 'https' ? certificateParameter : undefined;
  return {
    instanceType,
    imageId: image.id,
    rootDevice: image.rootDevice,
    volumeGigabytes,
    subnets,
    securityGroupId: group,
    instanceProfileName: profile,
    keyPair,
    spot,
    role,
    userData: userData({
      ...{ fleetId, cluster: clusterName, role, part, uiPort, spot, expiresAt, forgets, certificate },
    }),
    facts,
  };
}
