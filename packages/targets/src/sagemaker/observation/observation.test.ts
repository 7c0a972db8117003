import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  putTracking,
  setByHand,
  startEmulatedEndpoint,
  type EmulatedEndpoint,
} from '../../../test/sagemaker/scaled-endpoint.js';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { sagemakerEmulator } from '../emulator.js';
import { sagemakerOptionsSchema } from '../options.js';
import { sagemakerObservation } from './index.js';

const contextOf = (environment: Readonly<Record<string, string | undefined>>) => ({
  ...{ environment, baseDirectory: '/', since: Date.now() - 60_000 },
  signal: new AbortController().signal,
});
const optionsOf = (targetOptions: object) =>
  sagemakerOptionsSchema.parse({ ...targetOptions, payloads: { inline: [[1]] } });

/** Reads what an emulator tells after a number of invocations, one after the other. */
async function readAfter(calls: number, emulatorOptions: object) {
  const given = { endpointName: 'fraud', ...emulatorOptions };
  const { value } = (await sagemakerEmulator.options['~standard'].validate(given)) as { value: never };
  const emulator = await sagemakerEmulator.start(value);
  try {
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
      emulator.environment;
    const sessionToken = emulator.environment['AWS_SESSION_TOKEN']!;
    const client = new SageMakerRuntimeClient({
      ...{ region: 'eu-west-1', endpoint: emulator.url },
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    });
    const input = { EndpointName: 'fraud', Body: '{"instances": [[1]]}', ContentType: 'application/json' };
    for (let call = 0; call < calls; call += 1) await client.send(new InvokeEndpointCommand(input));
    client.destroy();
    const context = contextOf({ ...emulator.environment, AWS_MAX_ATTEMPTS: '1' });
    const { points, problems } = await sagemakerObservation.read(optionsOf(emulator.targetOptions), context);
    expect(problems).toEqual([]);
    const pointsOf = (name: string) => points.filter(({ figure }) => figure === name);
    // The calls may lie in two minutes.
    const sum = (name: string) => pointsOf(name).reduce((total, { value: one }) => total + one, 0);
    return { pointsOf, sum };
  } finally {
    await emulator.stop();
  }
}

describe('an endpoint that does not scale', () => {
  it('tells its instance, and in CloudWatch what was invoked', async () => {
    const { pointsOf, sum } = await readAfter(5, { serviceTime: '20ms', concurrency: 4 });
    expect(sum('instances')).toBe(1);
    // Sums of a minute, told by the second.
    expect(sum('Invocations') * 60).toBeCloseTo(5, 6);
    const [latency] = pointsOf('ModelLatency');
    expect(latency!.value).toBeGreaterThan(19);
    expect(latency).toMatchObject({ part: 'AllTraffic', seconds: 60 });
    expect(latency!.at % 60_000).toBe(0);
    expect(pointsOf('cold starts')).toEqual([]);
  });
});

describe('a serverless endpoint', () => {
  it('tells how often it started cold and how long that took, and no instances', async () => {
    const { pointsOf, sum } = await readAfter(3, {
      ...{ variant: 'Blue', serviceTime: '1ms' },
      serverless: { coldStart: '30ms', keepWarm: '0s' },
    });
    expect(sum('cold starts')).toBe(3);
    expect(pointsOf('cold starts')[0]).toMatchObject({ part: 'Blue', seconds: 60 });
    for (const name of ['ModelSetupTime', 'ModelSetupTime maximum'])
      expect(pointsOf(name)[0]!.value).toBeCloseTo(30, 6);
    expect(pointsOf('OverheadLatency')[0]!.value).toBeGreaterThanOrEqual(30);
    for (const name of ['instances', 'instances desired', 'CPUUtilization'])
      expect(pointsOf(name)).toEqual([]);
  });

  it('tells none of a time in which it was warm', async () => {
    const { sum } = await readAfter(3, { serviceTime: '1ms', serverless: { coldStart: '1ms' } });
    expect(sum('cold starts')).toBe(1);
    expect(sum('Invocations') * 60).toBeCloseTo(3, 6);
  });
});

describe('an endpoint that scales', () => {
  let emulated: EmulatedEndpoint;
  beforeEach(async () => {
    emulated = await startEmulatedEndpoint();
    await setByHand(emulated);
  });
  afterEach(() => emulated.stop());

  const read = (more: Readonly<Record<string, string>> = {}) => {
    const { options, context } = emulated.endpoint;
    return sagemakerObservation.read(options, contextOf({ ...context.environment, ...more }));
  };

  it('tells what Application Auto Scaling did, and why it did not', async () => {
    const { endpoint } = emulated.emulator.scaling!;
    await emulated.byHand((client) =>
      putTracking(client, 'by-hand', 70, 'SageMakerVariantInvocationsPerInstance'),
    );
    for (let at = endpoint.now; at < 1e6 && endpoint.activities.length < 3; at += 0.25) endpoint.admit(at);
    const { points, events = [] } = await read();
    expect(points.find(({ figure }) => figure === 'instances desired')?.value).toBe(endpoint.desired);
    expect(events.map(({ text }) => text).join('\n')).toMatch(
      /AllTraffic: Setting desired instance count to 4\. \(Successful\) monitor alarm triggered policy by-hand/,
    );
    expect(emulated.proxy.calls.filter((call) => !/^(Describe|Get|Put|Register)/.test(call))).toEqual([]);
  });

  it('tells the rest when one of the services refuses, and says which', async () => {
    const { points, problems = [] } = await read({ AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:9' });
    expect(points.map(({ figure }) => figure)).toEqual(['instances', 'instances desired']);
    expect(problems).toEqual([
      expect.stringMatching(/^CloudWatch does not tell its metrics: .*ECONNREFUSED/),
    ]);
  });

  it('rejects when nothing can be read, with every reason', async () => {
    await emulated.emulator.stop();
    await expect(read()).rejects.toThrow(
      /SageMaker does not tell the instances: .*Application Auto Scaling does not.*CloudWatch does not/,
    );
  });
});

it('asks for permissions to read alone', () => {
  const statements = sagemakerObservation.iamStatements!(
    optionsOf({ endpointName: 'Fraud', region: 'eusc-de-east-1' }),
  );
  expect(statements.flatMap(({ Action }) => Action)).toEqual([
    'sagemaker:DescribeEndpoint',
    'application-autoscaling:DescribeScalingActivities',
    'cloudwatch:GetMetricData',
  ]);
  expect(statements[0]!.Resource).toContain('arn:aws-eusc:sagemaker:eusc-de-east-1:*:endpoint/fraud');
});
