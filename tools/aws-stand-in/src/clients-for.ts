import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { onTestFinished } from 'vitest';
import type { AwsEnvironment, AwsStandIn } from './stand-in.js';

export type Clients = ReturnType<typeof makeClients>;

/** Clients of the stand-in with the given keys, for one test. Each call is one attempt, unless told otherwise. */
export function clientsFor(
  aws: AwsStandIn,
  environment: AwsEnvironment = aws.environment,
  { attempts = 1 }: { attempts?: number } = {},
): Clients {
  const clients = makeClients({
    region: aws.region,
    endpoint: aws.endpoint,
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    maxAttempts: attempts,
    retryMode: 'adaptive',
  });
  onTestFinished(() => Object.values(clients).forEach((client) => client.destroy()));
  return clients;
}

interface Common {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
  readonly retryMode: string;
}

function makeClients(common: Common) {
  return {
    ec2: new EC2Client(common),
    ecr: new ECRClient(common),
    ecs: new ECSClient(common),
    iam: new IAMClient(common),
    logs: new CloudWatchLogsClient(common),
    pricing: new PricingClient({ ...common, region: 'us-east-1' }),
    quotas: new ServiceQuotasClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    scheduler: new SchedulerClient(common),
    ssm: new SSMClient(common),
    sts: new STSClient(common),
  };
}
