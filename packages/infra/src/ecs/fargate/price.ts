import type { Aws } from '../../aws/clients.js';
import {
  priceCache,
  priceOfParts,
  priceOfSecrets,
  times,
  type HourlyPrice,
  type PricedFleet,
} from '../../aws/plan/hourly-price.js';
import { lookUpPrice } from '../../aws/price/look-up.js';
import type { Price } from '../../aws/price/price.js';
import { addressPrice, priceElsewhere } from '../../aws/price/table.js';
import type { EcsFleetSettings } from '../settings.js';
import type { FargateNetwork } from './subnets.js';

/**
 * Looks up what tasks, their addresses and the secrets of the fleet cost. The price of spare capacity is published on a page alone, where it is up to 70 % less
 * than that on demand: the latter is what it costs at most.
 *
 * @param account shows whether they have addresses; looked at meanwhile
 */
export async function lookUpFargatePrice(
  aws: Aws,
  {
    machines,
    vcpus,
    memoryGigabytes,
    cpuArchitecture: architecture,
    environment,
    secrets,
  }: EcsFleetSettings & Pick<PricedFleet, 'secrets'>,
  account: Promise<FargateNetwork>,
): Promise<HourlyPrice> {
  const cache = priceCache(aws, environment);
  const [{ hasPublicAddress }, vcpu, gigabyte] = await Promise.all([
    account,
    lookUpPrice(aws, { kind: 'fargate', unit: 'vcpu', architecture }, cache),
    lookUpPrice(aws, { kind: 'fargate', unit: 'gigabyte', architecture }, cache),
  ]);
  const sizeOf = <Known extends Price>(ofVcpu: Known | undefined, ofGigabyte: Known | undefined) =>
    ofVcpu &&
    ofGigabyte && { ...ofVcpu, usDollars: vcpus * ofVcpu.usDollars + memoryGigabytes * ofGigabyte.usDollars };
  const both = sizeOf(vcpu, gigabyte);
  const elsewhere = sizeOf(
    priceElsewhere({ kind: 'fargate', unit: 'vcpu', architecture }),
    priceElsewhere({ kind: 'fargate', unit: 'gigabyte', architecture }),
  );
  const processor = architecture === 'arm64' ? ' (arm64)' : '';
  const size = `${vcpus} vCPU and ${memoryGigabytes} GB of Fargate${processor}`;
  const { onDemand, spot } = machines;
  return priceOfParts([
    times(onDemand, size, both, elsewhere),
    ...(spot > 0 ? [times(spot, `${size} (spot, at most)`, both, elsewhere)] : []),
    ...(hasPublicAddress ? [times(onDemand + spot, 'public IPv4 address', addressPrice())] : []),
    priceOfSecrets(secrets, onDemand + spot),
  ]);
}
