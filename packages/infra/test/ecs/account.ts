import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRepositoryCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { createFleetId, createLoadTest, type Fleet, type ProvisionRequest } from '@loadwright/core';
import { pushTestImage, type AwsStandIn } from '@loadwright/aws-stand-in';
import { onTestFinished } from 'vitest';
import type { Pace } from '../../src/aws/settings.js';
import { fleetOf } from '../../src/ecs/fleet.js';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { resolveOptions, type EcsFleetSettings } from '../../src/ecs/settings.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { quick, uiPort } from '../ec2/work.js';
import { echo } from '../run/echo-target.js';
import { ecsClients } from './clients.js';

/** A folder of its own for one test. */
export function folder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-ecs-')));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** @returns an image below bundles, in a registry of the account: who runs it brings Locust */
export async function baseImage(aws: AwsStandIn, architecture: 'amd64' | 'arm64' = 'amd64'): Promise<string> {
  const { ecr } = ecsClients(aws);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'base' }));
  const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const layer = folder();
  mkdirSync(join(layer, 'etc'));
  writeFileSync(join(layer, 'etc', 'motd'), 'Locust\n');
  return pushTestImage(new URL(data?.proxyEndpoint ?? '').host, {
    repository: 'base',
    tag: 'locust',
    authorization: `Basic ${data?.authorizationToken}`,
    folders: [layer],
    architecture,
  });
}

/** Options of a fleet in the account of the stand-in. */
export function optionsFor(aws: AwsStandIn, more: EcsFleetOptions = {}): EcsFleetOptions {
  return {
    region: aws.region,
    uiPort,
    access: 'http',
    workers: 2,
    stateDirectory: folder(),
    startTimeout: '40s',
    environment: variablesFor(aws),
    ...more,
  };
}

/** Them resolved, with the patience that suits a stand-in. */
function settingsFor(options: EcsFleetOptions, own: Partial<Pace> = {}): EcsFleetSettings {
  const settings = resolveOptions(options);
  const pace = { ...quick, firstPause: 20, longestPause: 100, propagation: 20_000, removal: 20_000, ...own };
  return { ...settings, aws: { ...settings.aws, pace } };
}

/** @param pace what of its patience differs */
export function quickFleet(options: EcsFleetOptions, pace?: Partial<Pace>): Fleet {
  return fleetOf(settingsFor(options, pace));
}

/** A request for two workers, with a bundle as a fleet writes it. */
export async function provisionRequest(more: Partial<ProvisionRequest> = {}): Promise<ProvisionRequest> {
  const baseDirectory = folder();
  const test = await createLoadTest({
    target: echo({ url: 'http://127.0.0.1:9' }),
    load: { users: 1, duration: '1m' },
    workers: 2,
    baseDirectory,
    environment: {},
  });
  return {
    fleetId: createFleetId(),
    workers: 2,
    durationSeconds: 60,
    host: 'http://127.0.0.1:9',
    iamStatements: [],
    bundle: await test.bundle({ directory: join(baseDirectory, 'bundle') }),
    variables: ['ECHO_TOKEN'],
    environment: { ECHO_TOKEN: 'canary-5d0f1c9e' },
    logDirectory: join(baseDirectory, 'logs'),
    redact: (text) => text.replaceAll('canary-5d0f1c9e', '[redacted]'),
    signal: new AbortController().signal,
    onProgress: () => {},
    ...more,
  };
}
