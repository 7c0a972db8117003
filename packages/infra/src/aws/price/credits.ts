import { formatDollars } from '@loadwright/core/fleet';
import type { Price } from './price.js';

/**
 * The part of each vCPU that credits pay for, in percent, by size; the same for T3, T3a and T4g:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
 */
const baselinePercent: Readonly<Record<string, number>> = {
  nano: 5,
  micro: 10,
  small: 20,
  medium: 20,
  large: 30,
  xlarge: 40,
  '2xlarge': 40,
};

/**
 * US dollars a vCPU-hour above the baseline in unlimited mode, the default of these types, for Linux, in all regions:
 * https://aws.amazon.com/ec2/pricing/on-demand/#T2.2FT3.2FT4g_Unlimited_Mode_Pricing
 */
const surplusPrices: Readonly<Record<string, number>> = { t3: 0.05, t3a: 0.05, t4g: 0.04 };

/** What a machine at full load costs an hour besides its price; undefined for types without CPU credits. */
export function creditSurplus(instanceType: string, vcpus: number): Price | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  const [percent, usDollars] = [baselinePercent[size], surplusPrices[family]];
  if (percent === undefined || usDollars === undefined) return undefined;
  return {
    usDollars: (vcpus * (100 - percent) * usDollars) / 100,
    source: `above ${percent} % of each vCPU, all the time, ${formatDollars(usDollars, 2)} a vCPU-hour in unlimited mode`,
  };
}
