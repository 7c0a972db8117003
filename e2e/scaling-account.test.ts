import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsStandIn, parameterProblems, realMachines, type Statement } from '@loadwright/aws-stand-in';
import { createLoadTest } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { changeScaling, restoreScaling, whileSuspended, type ScaledEndpoint } from '@loadwright/core/scaling';
import { sagemaker, type SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';
import { optionsFor, quickFleet } from '../packages/infra/test/ec2/quick-fleet.js';

/** So many minutes of the endpoint in one: an alarm of three, and an instance that starts, in some seconds. */
const timeScale = 40;
/** What an instance of the endpoint holds: it serves two at a time. */
const capacity = { requestsPerSecond: { low: 0.085, high: 0.085 }, serviceSeconds: 20 };
const demand = {
  ...{ peakPerSecond: 0.5, basePerSecond: 0.05, rampSeconds: 1800 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};
const scaling = sagemaker.definition.scaling as ScaledEndpoint['scaling'];

let aws: AwsStandIn;
let emulator: SagemakerEmulator;
let folder: string;
let target: ReturnType<typeof sagemaker>;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-account-')));
  aws = await AwsStandIn.start();
  const definition = sagemaker.definition.emulator!;
  const settings = {
    ...{ endpointName: 'fraud', region: aws.region, serviceTime: '20s', concurrency: 2, queueLimit: 100 },
    scaling: { instances: 1, timeScale },
  };
  emulator = (await definition.start(
    validate(definition.options, settings, { field: 'emulator' }),
  )) as SagemakerEmulator;
  const keys = {
    accessKeyId: emulator.environment['AWS_ACCESS_KEY_ID']!,
    secretAccessKey: emulator.environment['AWS_SECRET_ACCESS_KEY']!,
    sessionToken: emulator.environment['AWS_SESSION_TOKEN']!,
  };
  aws.behaviour.endpoint = { url: emulator.url, keys };
  target = sagemaker({
    ...{ endpointName: 'fraud', region: aws.region, baseUrl: aws.endpoint },
    payloads: { inline: [[1]] },
  });
}, 120_000);
afterAll(async () => {
  await aws?.stop();
  await emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the section of a page names, as `service:Action`; actions after the first of a line have its service. */
function actionsIn(page: string, begin: string, end: string): string[] {
  const text = readFileSync(new URL(`../docs/how-to/${page}`, import.meta.url), 'utf8');
  const section = text.slice(text.indexOf(begin), text.indexOf(end, text.indexOf(begin)));
  let service = '';
  return [...section.matchAll(/`(?:([a-z-]+):)?([A-Z][A-Za-z]+)`/g)].map(([, named, action]) => {
    service = named ?? service;
    return `${service}:${action}`;
  });
}

/** The endpoint as a user of the account sees it who may do no more. */
async function endpointFor(Action: readonly string[]): Promise<ScaledEndpoint> {
  const environment = await aws.asUserWith([{ Effect: 'Allow', Action, Resource: '*' }]);
  return {
    ...{ scaling, options: target.options, kind: 'sagemaker', snapshotFile: join(folder, 'snapshot.json') },
    context: { environment, baseDirectory: folder, signal: new AbortController().signal },
  };
}

/** The calls of some work, by name. */
async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = aws.calls.length;
  await work();
  const calls = aws.calls.slice(before);
  expect(await parameterProblems(calls)).toEqual([]);
  return [...new Set(calls.map(({ name }) => name))].sort();
}

/** Sets what is recommended. */
async function apply(endpoint: ScaledEndpoint): Promise<void> {
  await changeScaling(endpoint, async (found) => {
    const { settings } = scaling.recommend(target.options, capacity, demand, found);
    await scaling.apply(target.options, endpoint.context, settings, found);
  });
}

it('is set and put back with the permissions that the page names, and needs each of them', async () => {
  const named = actionsIn('scaling.md', 'the caller needs, and no more', 'For a component');
  const endpoint = await endpointFor(named);
  const called = await callsOf(async () => {
    await apply(endpoint);
    await restoreScaling(endpoint);
  });
  expect(called).toEqual(named.sort());
});

it('names the permission that is missing, and leaves everything as it was', async () => {
  const named = actionsIn('scaling.md', 'the caller needs, and no more', 'For a component');
  const missing = 'application-autoscaling:PutScalingPolicy';
  const endpoint = await endpointFor(named.filter((action) => action !== missing));
  const before = await scaling.describe(target.options, endpoint.context);
  await expect(apply(endpoint)).rejects.toThrow(`not authorized to perform: ${missing}`);
  expect(await scaling.describe(target.options, endpoint.context)).toEqual(before);
});

it('scales under the load of machines of its account, is observed there, and suspended for a calibration', async () => {
  await apply(await endpointFor(['*']));
  const least = emulator.scaling!.target!.MinCapacity;
  await vi.waitFor(() => expect(emulator.scaling!.size().serving).toBe(least), { timeout: 60_000 });
  const machines = realMachines(aws);
  Object.assign(aws.behaviour, machines.hooks);
  const administrator = await aws.asUserWith([{ Effect: 'Allow', Action: '*', Resource: '*' }]);
  const { environment, ...fleet } = optionsFor(aws, join(folder, 'state'));
  const { iamStatements, observation } = target.definition;
  const caller = await aws.asUserWith([
    ...iamStatements!(target.options),
    ...observation!.iamStatements!(target.options),
  ] as Statement[]);
  const before = aws.calls.length;
  const report = await createLoadTest({
    ...{ target, workers: 1, baseDirectory: folder, environment: caller },
    load: { arrivalRate: '8/s', duration: '40s' },
    thresholds: { http_req_failed: ['rate<0.01'] },
  }).run({
    fleet: quickFleet({ ...fleet, environment: { ...environment, ...administrator } }),
    observe: { waitSeconds: 0 },
    tolerate: busyMachine,
  });
  expect(report.verdict, report.reasons.join()).toBe('PASS');
  expect(machines.failures).toEqual([]);
  // One more is the preflight.
  const invocations = aws.calls.slice(before).filter(({ name }) => name === 'sagemaker:InvokeEndpoint');
  expect(invocations).toHaveLength(report.accounting!.sent + 1);
  const { figures, latency } = report.observed!;
  const counts = figures.find(({ name }) => name === 'instances')!.points.map(([, , value]) => value);
  expect(Math.max(...counts)).toBeGreaterThan(least);
  expect(latency!.requests).toEqual({ load: report.accounting!.sent, service: invocations.length });

  const named = actionsIn('calibrate.md', '| SageMaker  |', '| Databricks |').filter(
    (action) => action !== 'sagemaker:DescribeInferenceComponent',
  );
  // The change above stays, as that of somebody else.
  const calibrating = { ...(await endpointFor(named)), snapshotFile: join(folder, 'other.json') };
  const called = await callsOf(() => whileSuspended(calibrating, () => Promise.resolve()));
  expect(called).toEqual(named.sort());
}, 240_000);
