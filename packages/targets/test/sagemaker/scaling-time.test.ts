import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import {
  defaultAssumptions,
  loadSeconds,
  rateAt,
  SimulatedEndpoint,
  type RampLoad,
  type TargetTrackingPolicy,
} from '@loadwright/core/scaling';
import { expect, it } from 'vitest';
import { putTracking, startEmulatedEndpoint, where } from './scaled-endpoint.js';

/** Seconds of the service in one of this machine. */
const timeScale = 40;
/** One instance serves half a request a second; the policy wants half of that. */
const service = { serviceSeconds: 8, slots: 4 };
const policy: TargetTrackingPolicy = {
  ...{ type: 'target-tracking', name: 'tracking', metric: 'invocations', target: 15 },
  ...{ scaleOutCooldownSeconds: 300, scaleInCooldownSeconds: 300, disableScaleIn: false },
};

const rampOf = (rampSeconds: number): RampLoad => ({
  ...{ basePerSecond: 0.2, peakPerSecond: 0.6, leadSeconds: 300, rampSeconds },
  ...{ holdSeconds: 900, fallSeconds: 300, tailSeconds: 1500 },
});

/** Times at equal shares of the load: the same for both. */
function arrivals(load: RampLoad): number[] {
  const times: number[] = [];
  for (let at = 0, due = 0.5; at < loadSeconds(load); at += 0.01) {
    due += rateAt(load, at) * 0.01;
    if (due >= 1) {
      due -= 1;
      times.push(at);
    }
  }
  return times;
}

type Change = readonly [at: number, to: number];
const changesOf = ({ activities }: SimulatedEndpoint): Change[] =>
  activities
    .filter(({ notScaled, policy: by }) => by !== undefined && notScaled === undefined)
    .map(({ at, to }) => [at, to]);

function simulated(load: RampLoad): Change[] {
  const endpoint = new SimulatedEndpoint({
    service: { ...service, distribution: 'constant', queueLimit: 1000, timeoutSeconds: 60, routing: 'even' },
    rules: { min: 1, max: 10, policies: [policy], suspended: { in: false, out: false } },
    ...{ assumptions: defaultAssumptions, instances: 1, seed: 1 },
  });
  for (const at of arrivals(load)) endpoint.admit(at);
  endpoint.advance(loadSeconds(load));
  return changesOf(endpoint);
}

/** The same load as real requests, through the emulator, with the clock of this machine. */
async function emulated(load: RampLoad): Promise<Change[]> {
  const { emulator, byHand, stop } = await startEmulatedEndpoint(
    { instances: 1, timeScale },
    { serviceTime: '8s', concurrency: 4, queueLimit: 1000 },
  );
  try {
    await byHand(async (client) => {
      await client.send(new RegisterScalableTargetCommand({ ...where, MinCapacity: 1, MaxCapacity: 10 }));
      await putTracking(client, 'tracking', policy.target, 'SageMakerVariantInvocationsPerInstance');
    });
    const runtime = new SageMakerRuntimeClient({
      ...{ region: 'eu-west-1', endpoint: emulator.url },
      // An overloaded endpoint has many requests waiting.
      requestHandler: { httpAgent: { maxSockets: 1000 } },
      maxAttempts: 1,
      credentials: {
        accessKeyId: emulator.environment['AWS_ACCESS_KEY_ID']!,
        secretAccessKey: emulator.environment['AWS_SECRET_ACCESS_KEY']!,
        sessionToken: emulator.environment['AWS_SESSION_TOKEN']!,
      },
    });
    const scaling = emulator.scaling!;
    const input = { EndpointName: 'fraud', ContentType: 'application/json', Body: '{"instances":[[1]]}' };
    const sent: Promise<unknown>[] = [];
    for (const at of arrivals(load)) {
      // The clock of the emulator began a little before: the offset is the same for all.
      const wait = (at - scaling.seconds()) / timeScale;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      // Those that wait too long fail, here as there.
      sent.push(runtime.send(new InvokeEndpointCommand(input)).catch(() => {}));
    }
    await Promise.all(sent);
    while (scaling.seconds() < loadSeconds(load)) await new Promise((resolve) => setTimeout(resolve, 50));
    scaling.size();
    runtime.destroy();
    return changesOf(scaling.endpoint).filter(([at]) => at <= loadSeconds(load));
  } finally {
    await stop();
  }
}

it('with real requests and a real clock the instances are those of the simulation, within one datapoint', async () => {
  const ramps = [300, 600, 1200].map(rampOf);
  const both = await Promise.all(ramps.map(async (load) => [simulated(load), await emulated(load)] as const));
  for (const [expected, found] of both) {
    expect(found.map(([, to]) => to)).toEqual(expected.map(([, to]) => to));
    expect(expected.length).toBeGreaterThanOrEqual(2);
    for (const [index, [at]] of found.entries()) {
      expect(Math.abs(at - expected[index]![0])).toBeLessThanOrEqual(60);
    }
  }
}, 400_000);
