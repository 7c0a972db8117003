import { requireClock, sigv4ClockToleranceSeconds } from '@loadwright/core/fleet';
import { isPublic } from '../../aws/access.js';
import { lookUpOwnAddress } from '../../aws/account/address.js';
import { lookUpCaller, type Caller } from '../../aws/account/caller.js';
import { combined } from '../../aws/account/combined.js';
import { lookUpProblem } from '../../aws/account/account.js';
import { lookUpSubnets } from '../../aws/account/network.js';
import type { Aws } from '../../aws/clients.js';
import { requireOwnPlaces } from '../own-places.js';
import type { EcsFleetSettings } from '../settings.js';
import { fargateNetwork, type FargateNetwork } from './subnets.js';

/** What of an account tasks on Fargate are started with. */
export interface FargateAccount extends Caller, FargateNetwork {
  /** The caller's IPv4 address on the internet; undefined when nobody need know it. */
  readonly callerAddress: string | undefined;
}

/** All of it, each part with its own success, and all under way at the same time. */
export function startLookups(aws: Aws, settings: EcsFleetSettings) {
  const { access, securityGroup, allowedAddresses, environment } = settings;
  const asksForAddress = isPublic(access) && securityGroup === undefined && allowedAddresses === undefined;
  const lookups = {
    caller: lookUpCaller(aws),
    network: lookUpSubnets(aws, settings).then((subnets) => fargateNetwork(subnets, settings)),
    address: asksForAddress ? lookUpOwnAddress(aws, environment) : Promise.resolve(undefined),
    places: requireOwnPlaces(aws, settings),
  };
  // Each is awaited in its turn; that one fails meanwhile is not unheard.
  for (const lookup of Object.values(lookups)) lookup.catch(() => {});
  return lookups;
}

/**
 * Looks up everything that starting tasks needs. Makes nothing.
 *
 * @throws LoadwrightError with everything that is wrong.
 */
export async function lookUpFargateAccount(aws: Aws, settings: EcsFleetSettings): Promise<FargateAccount> {
  const lookups = startLookups(aws, settings);
  const settled = await Promise.allSettled(Object.values(lookups));
  aws.signal.throwIfAborted();
  const failures = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) throw combined(failures.map((failure) => lookUpProblem(failure, settings)));
  const [caller, network, callerAddress] = await Promise.all([
    lookups.caller,
    lookups.network,
    lookups.address,
  ]);
  requireClock(caller.clock, sigv4ClockToleranceSeconds);
  return { ...caller, ...network, callerAddress };
}
