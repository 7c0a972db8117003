import { onTestFinished } from 'vitest';
import { Aws } from '../../src/aws/clients.js';
import type { AwsStandIn } from '@loadwright/aws-stand-in';
import { quick } from '../ec2/work.js';

/**
 * The project's own clients of the stand-in, as a fleet on ECS has them, for one test.
 *
 * @param attempts of each call
 */
export function ecsClients(aws: AwsStandIn, attempts = 1): Aws {
  const clients = new Aws(
    {
      fleetKind: 'ecs',
      region: aws.region,
      profile: undefined,
      keys: {
        accessKeyId: aws.environment['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: aws.environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
      endpoint: aws.endpoint,
      pace: { ...quick, attempts },
    },
    new AbortController().signal,
  );
  onTestFinished(() => clients.close());
  return clients;
}
