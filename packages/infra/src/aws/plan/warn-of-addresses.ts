import { BlockList, isIPv4 } from 'node:net';
import { lookUpOwnAddress } from '../account/address.js';
import { isPublic } from '../access.js';
import type { Aws } from '../clients.js';
import type { SharedSettings } from '../fleet-settings.js';
import type { SharedOptions } from '../options.js';

const waits = 'Who makes the fleet would wait for its web UI in vain, until startTimeout is over.';

/** Do the ranges of the user leave out the caller, who must reach the web UI? Not being able to tell is no warning. */
export async function warnOfAddresses(
  aws: Aws,
  { access, allowedAddresses, environment }: SharedSettings & Pick<SharedOptions, 'allowedAddresses'>,
): Promise<readonly string[]> {
  if (!isPublic(access) || allowedAddresses === undefined) return [];
  const ranges = allowedAddresses.map((range) => range.split('/') as [string, string]);
  const four = ranges.filter(([address]) => isIPv4(address));
  if (four.length === 0) {
    return [`allowedAddresses has IPv6 ranges only, and the machine has an IPv4 address only. ${waits}`];
  }
  const allowed = new BlockList();
  for (const [address, length] of four) allowed.addSubnet(address, Number(length), 'ipv4');
  try {
    const own = await lookUpOwnAddress(aws, environment);
    if (allowed.check(own)) return [];
    return [`allowedAddresses leaves out ${own}, the address of this machine on the internet. ${waits}`];
  } catch {
    aws.signal.throwIfAborted();
    return [];
  }
}
