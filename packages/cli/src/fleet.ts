import { LoadwrightError, type Fleet } from '@loadwright/core';
import { hinted } from './hinted.js';
import type { CliIo } from './io.js';

/** The fleet of a configuration: `{ kind: 'local', … }`. */
export async function createFleet(
  { kind, ...options }: { readonly kind: string; readonly [option: string]: unknown },
  environment: CliIo['environment'],
): Promise<Fleet> {
  if (kind !== 'local') {
    throw new LoadwrightError('CONFIG_INVALID', `fleet.kind: found "${kind}", expected "local"`, {
      hint: 'leave the fleet out of the configuration to run on this machine',
    });
  }
  const { localFleet } = await import('@loadwright/infra/local');
  return hinted('correct the fleet of the configuration', () => localFleet({ environment, ...options }));
}
