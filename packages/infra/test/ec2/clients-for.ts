import type { AwsEnvironment, AwsStandIn } from '@loadwright/aws-stand-in';
import { onTestFinished } from 'vitest';
import { Aws } from '../../src/aws/clients.js';
import { patient, type Pace } from '../../src/aws/settings.js';

/** The project's own clients of the stand-in, with the given keys, for one test. */
export function clientsFor(
  aws: AwsStandIn,
  environment: AwsEnvironment = aws.environment,
  pace: Partial<Pace> = {},
): Aws {
  const clients = new Aws(
    {
      fleetKind: 'ec2',
      region: aws.region,
      profile: undefined,
      keys: {
        accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
      endpoint: aws.endpoint,
      pace: { ...patient, attempts: 1, ...pace },
    },
    new AbortController().signal,
  );
  onTestFinished(() => clients.close());
  return clients;
}
