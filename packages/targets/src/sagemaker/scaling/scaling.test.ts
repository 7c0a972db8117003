import { DescribeScalingPoliciesCommand } from '@aws-sdk/client-application-auto-scaling';
import {
  requireVerifiable,
  restoreScaling,
  stateDifferences,
  whileSuspended,
} from '@loadwright/core/scaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  capacity,
  demand,
  putTracking,
  setByHand,
  startEmulatedEndpoint,
  where,
  type EmulatedEndpoint,
} from '../../../test/sagemaker/scaled-endpoint.js';
import { sagemakerScaling } from './index.js';

let emulated: EmulatedEndpoint;
beforeEach(async () => {
  emulated = await startEmulatedEndpoint();
});
afterEach(() => emulated.stop());

describe('an endpoint that nothing scales', () => {
  it('is described, set, and put back', async () => {
    const { endpoint, apply } = emulated;
    const before = await emulated.describe();
    expect(before).toMatchObject({ instances: { current: 2, desired: 2 }, busy: false, suspended: false });
    expect(before.settings).toEqual({ target: null, policies: {}, alarms: {}, scheduledActions: {} });
    await apply();
    const applied = await emulated.describe();
    expect(applied.settings).toEqual(
      sagemakerScaling.recommend(endpoint.options, capacity, demand, before).settings,
    );
    expect(Object.keys(applied.settings['alarms'] as object)).toHaveLength(2);
    expect(applied.instances.desired).toBeGreaterThan(2);
    await restoreScaling(endpoint);
    expect(await emulated.describe()).toEqual(before);
    expect(await emulated.snapshots()).toEqual([]);
  });
});

describe('an inference component', () => {
  let component: EmulatedEndpoint;
  beforeEach(async () => {
    component = await startEmulatedEndpoint({ inferenceComponent: 'part' });
  });
  afterEach(() => component.stop());

  it('is described, set and put back by its copies', async () => {
    const { endpoint, apply } = component;
    const before = await component.describe();
    expect(before).toMatchObject({
      resource: 'inference-component/part',
      instances: { current: 2, desired: 2 },
      settings: { target: null },
    });
    await apply();
    const applied = await component.describe();
    expect(applied.settings).toEqual(
      sagemakerScaling.recommend(endpoint.options, capacity, demand, before).settings,
    );
    expect(JSON.stringify(applied.settings)).toContain('ConcurrentRequestsPerCopy');
    expect(JSON.stringify(applied.settings)).not.toContain('PerModel');
    expect(applied.instances.desired).toBeGreaterThan(2);
    await restoreScaling(endpoint);
    expect(await component.describe()).toEqual(before);
    expect(component.proxy.calls).toContain('UpdateInferenceComponentRuntimeConfig');
    expect(component.proxy.calls).not.toContain('UpdateEndpointWeightsAndCapacities');
  });

  it('scales from zero by a step, which its own metric asks for', async () => {
    const { options, context } = component.endpoint;
    const found = await component.describe();
    const { settings } = sagemakerScaling.recommend(options, capacity, { ...demand, fromZero: true }, found);
    await sagemakerScaling.apply(options, context, settings, found);
    const state = await component.describe();
    expect(state.settings).toEqual(settings);
    expect(state.settings).toMatchObject({ target: { MinCapacity: 0 } });
    expect(JSON.stringify(state.settings)).toContain('NoCapacityInvocationFailures');
  });
});

describe('an endpoint whose scaling somebody set by hand', () => {
  beforeEach(() => setByHand(emulated));

  const arnOf = (name: string) =>
    emulated.byHand(async (client) => {
      const { ScalingPolicies } = await client.send(new DescribeScalingPoliciesCommand(where));
      return ScalingPolicies!.find(({ PolicyName }) => PolicyName === name)?.PolicyARN;
    });

  it('keeps the policy under its name and ARN, its scheduled actions, and its registration', async () => {
    const [before, arn] = [await emulated.describe(), await arnOf('by-hand')];
    await emulated.apply();
    const applied = await emulated.describe();
    expect(Object.keys(applied.settings['policies'] as object)).toEqual([
      ...['by-hand', 'loadwright-back', 'loadwright-jump'],
    ]);
    await restoreScaling(emulated.endpoint);
    expect(await emulated.describe()).toEqual(before);
    expect(await arnOf('by-hand')).toBe(arn);
    expect(emulated.proxy.calls).not.toContain('DeregisterScalableTarget');
  });

  it('is suspended for a calibration, and nothing else is changed', async () => {
    const before = await emulated.describe();
    await whileSuspended(emulated.endpoint, async () => {
      const state = await emulated.describe();
      expect(state.suspended).toBe(true);
      expect(stateDifferences(before, state).map(({ path }) => path)).toEqual([
        'target.SuspendedState.DynamicScalingInSuspended',
        'target.SuspendedState.DynamicScalingOutSuspended',
        'target.SuspendedState.ScheduledScalingSuspended',
      ]);
    });
    expect(await emulated.describe()).toEqual(before);
  });

  it('is not touched when there is a second policy', async () => {
    await emulated.byHand((client) =>
      putTracking(client, 'second', 5, 'SageMakerVariantConcurrentRequestsPerModelHighResolution'),
    );
    const before = await emulated.describe();
    const refused = /work against each other: Of the policies by-hand, second the one/;
    await expect(emulated.apply()).rejects.toThrow(refused);
    await expect(requireVerifiable(emulated.endpoint)).rejects.toThrow(refused);
    expect(await emulated.describe()).toEqual(before);
    expect(emulated.proxy.calls.filter((call) => /^(Put|Delete|Register|Update)/.test(call))).toEqual([]);
    expect(await emulated.snapshots()).toEqual([]);
    // Suspended, neither of them does anything.
    expect(await whileSuspended(emulated.endpoint, () => Promise.resolve('calibrated'))).toBe('calibrated');
    expect(await emulated.describe()).toEqual(before);
  });

  it('is verified with the policies that were recommended', async () => {
    await emulated.apply();
    // The service makes the instances that are wanted now.
    await vi.waitFor(async () => expect((await emulated.describe()).busy).toBe(false), { timeout: 30_000 });
    await expect(requireVerifiable(emulated.endpoint)).resolves.toBeUndefined();
  });

  it('is as it was after the command was killed in the middle', async () => {
    const before = await emulated.describe();
    // The whole matrix is in test/sagemaker/scaling-killed.test.ts.
    emulated.proxy.breakAt(16);
    await expect(emulated.apply()).rejects.toMatchObject({ code: 'RESOURCES_REMAIN' });
    emulated.proxy.breakAt(Infinity);
    expect(await emulated.describe()).not.toEqual(before);
    await restoreScaling(emulated.endpoint);
    expect(await emulated.describe()).toEqual(before);
    expect(await emulated.snapshots()).toEqual([]);
  });

  it('tells what happened, and why nothing did', async () => {
    const { scaling } = emulated.emulator;
    // Four requests a second, for longer than alarms and a start take.
    for (let at = scaling!.endpoint.now; at < 1e6; at += 0.25) {
      if (at > scaling!.endpoint.now) scaling!.endpoint.admit(at);
      if (scaling!.endpoint.activities.length > 2) break;
    }
    const { activities } = await sagemakerScaling.observe(
      emulated.endpoint.options,
      emulated.endpoint.context,
      0,
    );
    expect(activities.map(({ status }) => status)).toContain('successful');
    expect(activities.find(({ status }) => status === 'not-scaled')?.notScaledReasons).toEqual([
      expect.stringMatching(/^AlreadyAt|Unscalable$/),
    ]);
  });
});

it('an endpoint with managed instance scaling is not touched', async () => {
  await emulated.stop();
  emulated = await startEmulatedEndpoint({ managedInstanceScaling: true });
  await expect(emulated.apply()).rejects.toMatchObject({
    message: expect.stringContaining('Managed instance scaling keeps 1 to 4 instances. Nothing was changed.'),
  });
});
