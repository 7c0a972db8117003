import { LoadwrightError } from '@loadwright/core/fleet';
import { isPublic } from '../../aws/access.js';
import type { Subnet } from '../../aws/account/network.js';
import type { EcsFleetSettings } from '../settings.js';

/** Where the tasks of a fleet may be. */
export interface FargateNetwork {
  readonly subnets: readonly Subnet[];
  /** Through an internet gateway only who has a public address gets out; through NAT everybody does. */
  readonly hasPublicAddress: boolean;
}

/**
 * The subnets from which tasks reach the registry, all with the same way out: one call starts tasks in several of them.
 *
 * @throws LoadwrightError `CONFIG_INVALID` or `PROVISIONING_FAILED` when none is left.
 */
export function fargateNetwork(
  subnets: readonly Subnet[],
  {
    access,
    assignPublicIp,
    allowedAddresses,
    securityGroup,
  }: Pick<EcsFleetSettings, 'access' | 'assignPublicIp' | 'allowedAddresses' | 'securityGroup'>,
): FargateNetwork {
  const open = subnets.filter(({ wayOut }) => wayOut === 'internet-gateway');
  const inner = subnets.filter(({ wayOut }) => wayOut === 'other');
  const hasPublicAddress = assignPublicIp ?? open.length > 0;
  const usable = hasPublicAddress ? open : inner;
  if (usable.length === 0) throw noWayOut(subnets, assignPublicIp);
  if (!hasPublicAddress && isPublic(access) && !allowedAddresses && securityGroup === undefined) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      'fleet.allowedAddresses: missing: without public addresses the web UI is reached at the private one of its task',
      {
        hint: 'Set allowedAddresses to the private range that you call from, through a VPN say, or access: session-manager.',
      },
    );
  }
  return { subnets: usable, hasPublicAddress };
}

function noWayOut(subnets: readonly Subnet[], assignPublicIp: boolean | undefined): LoadwrightError {
  const ids = subnets.map(({ id }) => id).join(', ');
  if (subnets.every(({ wayOut }) => wayOut === 'none')) {
    return new LoadwrightError(
      'PROVISIONING_FAILED',
      `No route leads from the subnet ${ids} to the registry: tasks could not fetch their image, their secrets, nor write their logs.`,
      {
        hint: 'Set subnets to some of which the route table sends 0.0.0.0/0 to an internet gateway or to a NAT gateway, or add that route.',
      },
    );
  }
  return assignPublicIp === true
    ? new LoadwrightError(
        'CONFIG_INVALID',
        `fleet.assignPublicIp: found true, but no route leads from the subnet ${ids} to an internet gateway: a public address would lead nowhere`,
        { hint: 'Leave assignPublicIp out: through NAT tasks reach the registry without one.' },
      )
    : new LoadwrightError(
        'CONFIG_INVALID',
        `fleet.assignPublicIp: found false, but the subnet ${ids} leads to the registry through an internet gateway alone, which needs public addresses`,
        {
          hint: 'Leave assignPublicIp out, or set subnets to some of which the route table leads to a NAT gateway.',
        },
      );
}
