import type { FleetRequest } from '@loadwright/core';
import { onTestFinished } from 'vitest';
import { Aws } from '../../src/aws/clients.js';
import type { Ec2FleetOptions } from '../../src/ec2/options.js';
import { resolveOptions, type Ec2FleetSettings } from '../../src/ec2/settings.js';
import type { AwsEnvironment, AwsStandIn } from '@loadwright/aws-stand-in';
import { quick } from './work.js';

export const request: FleetRequest = {
  fleetId: '20261123-093000-0123456789',
  workers: 16,
  durationSeconds: 300,
  host: 'https://service.example',
  iamStatements: [],
};

/** Settings and clients with which a test looks at the account of the stand-in. */
export function lookAt(
  standIn: AwsStandIn,
  options: Ec2FleetOptions = {},
  variables: AwsEnvironment = standIn.environment,
): { readonly aws: Aws; readonly settings: Ec2FleetSettings } {
  const settings = resolveOptions({
    region: standIn.region,
    // Whatever programs this machine has.
    access: 'https',
    ...options,
    environment: {
      ...standIn.environment,
      LOADWRIGHT_CHECK_IP_URL: `${standIn.endpoint}/checkip`,
      // No cache: what one test looks up is not for the next.
      LOADWRIGHT_CACHE_DIR: '/dev/null/cache',
      ...variables,
    },
  });
  const aws = new Aws({ ...settings.aws, pace: { ...quick, attempts: 1 } }, new AbortController().signal);
  onTestFinished(() => aws.close());
  return { aws, settings };
}
