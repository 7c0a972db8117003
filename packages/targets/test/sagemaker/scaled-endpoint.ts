import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { changeScaling, type ScaledEndpoint } from '@loadwright/core/scaling';
import type { ScalingState } from '@loadwright/core/target';
import { sagemakerEmulator, type SagemakerEmulator } from '../../src/sagemaker/emulator.js';
import { sagemakerOptionsSchema, type SagemakerOptions } from '../../src/sagemaker/options.js';
import { polling } from '../../src/sagemaker/scaling/api.js';
import { sagemakerScaling } from '../../src/sagemaker/scaling/index.js';
import { startBreakingProxy, type BreakingProxy } from '../breaking-proxy.js';

export const capacity = { requestsPerSecond: { low: 40, high: 44 }, serviceSeconds: 0.05 };

/** A ramp that is carried by a jump: limits, a policy that tracks, two that step, and two alarms. */
export const demand = {
  ...{ peakPerSecond: 400, basePerSecond: 40, rampSeconds: 900 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};

export const where = {
  ServiceNamespace: 'sagemaker',
  ResourceId: 'endpoint/fraud/variant/AllTraffic',
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const;

/** An emulated endpoint that scales, ten thousand times as fast as a real one, behind a way that can be broken. */
export interface EmulatedEndpoint {
  readonly emulator: SagemakerEmulator;
  readonly proxy: BreakingProxy;
  readonly endpoint: ScaledEndpoint<SagemakerOptions>;
  describe(): Promise<ScalingState>;
  /** Sets what is recommended. */
  apply(): Promise<ScalingState>;
  /** Files that wait for a rollback. */
  snapshots(): Promise<string[]>;
  /** Calls without the command: what somebody does by hand. */
  byHand<Value>(work: (client: ApplicationAutoScalingClient) => Promise<Value>): Promise<Value>;
  stop(): Promise<void>;
}

export async function startEmulatedEndpoint(
  scaling: object = {},
  capacityOptions: object = { serviceTime: '1ms' },
): Promise<EmulatedEndpoint> {
  polling.milliseconds = 2;
  const { value } = (await sagemakerEmulator.options['~standard'].validate({
    ...{ endpointName: 'fraud', ...capacityOptions },
    scaling: { instances: 2, timeScale: 10_000, ...scaling },
  })) as { value: never };
  const emulator = (await sagemakerEmulator.start(value)) as SagemakerEmulator;
  const proxy = await startBreakingProxy(emulator.url);
  const addresses = Object.keys(emulator.environment).filter((name) => name.startsWith('AWS_ENDPOINT_URL_'));
  const endpoint: ScaledEndpoint<SagemakerOptions> = {
    scaling: sagemakerScaling,
    options: sagemakerOptionsSchema.parse({ ...emulator.targetOptions, payloads: { inline: [[1]] } }),
    kind: 'sagemaker',
    snapshotFile: join(await mkdtemp(join(tmpdir(), 'scaling-')), 'kept', 'snapshot.json'),
    context: {
      environment: {
        ...emulator.environment,
        ...Object.fromEntries(addresses.map((name) => [name, proxy.url])),
        AWS_MAX_ATTEMPTS: '1',
      },
      baseDirectory: '/',
      signal: new AbortController().signal,
    },
  };
  const { options, context, snapshotFile } = endpoint;
  return {
    ...{ emulator, proxy, endpoint },
    describe: () => sagemakerScaling.describe(options, context),
    apply: () =>
      changeScaling(endpoint, async (found) => {
        const { settings } = sagemakerScaling.recommend(options, capacity, demand, found);
        await sagemakerScaling.apply(options, context, settings, found);
      }),
    snapshots: () => readdir(dirname(snapshotFile)).catch(() => []),
    async byHand(work) {
      const client = new ApplicationAutoScalingClient({
        region: 'eu-west-1',
        endpoint: emulator.url,
        credentials: {
          accessKeyId: emulator.environment['AWS_ACCESS_KEY_ID']!,
          secretAccessKey: emulator.environment['AWS_SECRET_ACCESS_KEY']!,
          sessionToken: emulator.environment['AWS_SESSION_TOKEN']!,
        },
      });
      return work(client).finally(() => client.destroy());
    },
    async stop() {
      await proxy.stop();
      await emulator.stop();
    },
  };
}

/** A target, a policy and a scheduled action, as somebody sets them by hand. */
export async function setByHand({ byHand }: EmulatedEndpoint): Promise<void> {
  await byHand(async (client) => {
    await client.send(new RegisterScalableTargetCommand({ ...where, MinCapacity: 1, MaxCapacity: 4 }));
    await putTracking(client, 'by-hand', 70, 'SageMakerVariantInvocationsPerInstance');
    await client.send(
      new PutScheduledActionCommand({
        ...{ ...where, ScheduledActionName: 'mornings', Schedule: 'cron(0 7 * * ? *)' },
        ScalableTargetAction: { MinCapacity: 2 },
      }),
    );
  });
}

export async function putTracking(
  client: ApplicationAutoScalingClient,
  name: string,
  target: number,
  metric:
    'SageMakerVariantInvocationsPerInstance' | 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
): Promise<void> {
  await client.send(
    new PutScalingPolicyCommand({
      ...{ ...where, PolicyName: name, PolicyType: 'TargetTrackingScaling' },
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: target,
        PredefinedMetricSpecification: { PredefinedMetricType: metric },
      },
    }),
  );
}
