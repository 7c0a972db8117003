import { restoreScaling } from '@loadwright/core/scaling';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEmulatedEndpoint, type EmulatedEndpoint } from '../../../test/sagemaker/scaled-endpoint.js';
import { sagemakerOptionsSchema } from '../options.js';
import { sagemakerScaling } from './index.js';

const capacity = { requestsPerSecond: { low: 0.5, high: 0.6 }, serviceSeconds: 8 };
const demand = {
  ...{ peakPerSecond: 10, basePerSecond: 1, rampSeconds: 600 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};
const fromZero = { ...demand, basePerSecond: 0, fromZero: true };
const options = sagemakerOptionsSchema.parse({
  ...{ endpointName: 'fraud', region: 'eu-west-1', payloads: { inline: [[1]] }, async: {} },
});

let emulated: EmulatedEndpoint;
beforeEach(async () => {
  emulated = await startEmulatedEndpoint();
});
afterEach(() => emulated.stop());

it('an asynchronous endpoint scales from zero by what AWS documents for it', () => {
  const { settings, rows, notes, costs } = sagemakerScaling.recommend(options, capacity, fromZero);
  const dimensions = [{ Name: 'EndpointName', Value: 'fraud' }];
  expect(settings).toMatchObject({
    // 10/s at 0.85 of 0.5/s.
    target: { MinCapacity: 0, MaxCapacity: 24 },
    policies: {
      'loadwright-target': {
        configuration: {
          // What an instance works off in the five minutes that another one starts.
          TargetValue: 150,
          CustomizedMetricSpecification: {
            ...{ MetricName: 'ApproximateBacklogSizePerInstance', Namespace: 'AWS/SageMaker' },
            ...{ Dimensions: dimensions, Statistic: 'Average' },
          },
        },
      },
      'loadwright-from-zero': {
        PolicyType: 'StepScaling',
        configuration: {
          AdjustmentType: 'ChangeInCapacity',
          StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
        },
      },
    },
    alarms: {
      'loadwright-from-zero-endpoint-fraud-variant-AllTraffic': {
        ...{ MetricName: 'HasBacklogWithoutCapacity', Dimensions: dimensions, Statistic: 'Average' },
        ...{ Period: 60, EvaluationPeriods: 2, DatapointsToAlarm: 2, Threshold: 1 },
        ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'missing' },
        policies: ['loadwright-from-zero'],
      },
    },
  });
  expect(JSON.stringify(settings)).not.toMatch(/InvocationsPerInstance|NoCapacity/);
  expect(rows.map(({ name, value }) => [name, value])).toContainEqual(['step', '+1 instance']);
  expect(notes.join(' ')).toMatch(/waits for about 10m/);
  expect(costs?.ways[0]).toEqual({ name: 'Recommended', instances: [0, 24] });
});

it('one that keeps instances has no step, and as many as its base needs', () => {
  const { settings } = sagemakerScaling.recommend(options, capacity, demand);
  expect(settings).toMatchObject({ target: { MinCapacity: 3, MaxCapacity: 24 }, alarms: {} });
  expect(Object.keys(settings['policies'] as object)).toEqual(['loadwright-target']);
});

it('is set, and put back; a second recommendation changes nothing', async () => {
  const endpoint = { ...emulated.endpoint, options: { ...emulated.endpoint.options, async: options.async } };
  const { context } = endpoint;
  const before = await emulated.describe();
  const recommend = async () =>
    sagemakerScaling.recommend(endpoint.options, capacity, fromZero, await emulated.describe()).settings;
  const settings = await recommend();
  await sagemakerScaling.apply(endpoint.options, context, settings, before);
  const applied = await emulated.describe();
  expect(applied.settings).toEqual(settings);
  // A step from zero beside the policy that tracks the backlog is no conflict.
  expect(applied).not.toHaveProperty('conflicts');
  expect(await recommend()).toEqual(settings);
  await sagemakerScaling.restore(endpoint.options, context, before);
  expect(await emulated.describe()).toEqual(before);
  expect(await restoreScaling(endpoint)).toBeUndefined();
});
