import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet, ProvisionRequest } from '@loadwright/core';
import type { AwsStandIn } from '@loadwright/aws-stand-in';
import { fleetOf } from '../../src/ecs/fleet.js';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { resolveOptions, type EcsFleetSettings } from '../../src/ecs/settings.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { quick, requestOf as ec2RequestOf, uiPort, type Work } from '../ec2/work.js';
import { baseImage } from './base-image.js';

export function settingsOf(
  { folder, environment, adopted, pace = quick }: Work,
  more: EcsFleetOptions = {},
): EcsFleetSettings {
  const settings = resolveOptions({
    region: 'eu-west-1',
    stateDirectory: folder,
    startTimeout: '20s',
    environment,
    uiPort,
    workers: 2,
    containerImage: baseImage(),
    // Stand-ins of a master speak plain HTTP.
    access: 'http',
    ...adopted,
    // The caller's own cluster has the same name.
    ...(adopted.instanceProfile !== undefined && { cluster: adopted.instanceProfile }),
    ...more,
  });
  return { ...settings, aws: { ...settings.aws, pace } };
}

/** Of two workers, one on each machine. */
export function requestOf(work: Work): ProvisionRequest {
  const request = ec2RequestOf(work, new AbortController().signal);
  const content = readFileSync(join(request.bundle.directory, 'locustfile.py'));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const files = [{ path: 'locustfile.py', bytes: content.length, sha256 }];
  return { ...request, bundle: { ...request.bundle, files, digest: sha256 } };
}

/** The fleet with the patience that suits a stand-in: short pauses, and time for machines that really start and end. */
export function quickEcsFleet(options: EcsFleetOptions): Fleet {
  const settings = resolveOptions({ containerImage: baseImage(), ...options });
  const pace = { ...quick, firstPause: 20, longestPause: 100, propagation: 20_000, removal: 20_000 };
  return fleetOf({ ...settings, aws: { ...settings.aws, pace } });
}

/** Options of a fleet in the account of the stand-in. */
export function optionsFor(aws: AwsStandIn, stateDirectory: string): EcsFleetOptions {
  return {
    uiPort,
    access: 'http',
    stateDirectory,
    startTimeout: '30s',
    environment: variablesFor(aws),
  };
}
