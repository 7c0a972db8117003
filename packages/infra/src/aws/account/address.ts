import { isIPv4 } from 'node:net';
import { LoadwrightError, networkFailure } from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';
import type { Aws } from '../clients.js';

/** Answers with nothing but the address it was asked from. */
const service = 'https://checkip.amazonaws.com';

const patience = 5000;

/**
 * The IPv4 address that this machine is seen under on the internet. Variable: LOADWRIGHT_CHECK_IP_URL.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when it cannot be found out.
 */
export async function lookUpOwnAddress(aws: Aws, environment: Environment): Promise<string> {
  const url = environment['LOADWRIGHT_CHECK_IP_URL'] || service;
  let said: string;
  try {
    const signal = AbortSignal.any([aws.signal, AbortSignal.timeout(patience)]);
    const response = await fetch(url, { signal });
    said = (await response.text()).trim();
  } catch (error) {
    aws.signal.throwIfAborted();
    throw unknownAddress(networkFailure(error, url, 'the service that reports it').message);
  }
  if (isIPv4(said)) return said;
  throw unknownAddress(`${url} said ${said.slice(0, 80) || 'nothing'}.`);
}

function unknownAddress(why: string): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `The address of this machine on the internet could not be found out: ${why}`,
    {
      hint: 'Set allowedAddresses to who may reach the web UI, such as 203.0.113.7/32, or the variable LOADWRIGHT_CHECK_IP_URL to a service that you can reach.',
    },
  );
}
