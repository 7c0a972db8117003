import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProvisionRequest } from '@loadwright/core';
import type { Pace } from '../../src/aws/settings.js';
import type { Ec2FleetSettings } from '../../src/ec2/settings.js';
import { resolveOptions } from '../../src/ec2/settings.js';

/** Patience that suits a stand-in on this machine. */
export const quick: Pace = {
  attempts: 3,
  silence: 20_000,
  firstPause: 5,
  longestPause: 20,
  unknownOutcome: 300,
  propagation: 2000,
  removal: 2000,
};

/** Port of the web UI on every machine; each has an address of its own. */
export const uiPort = 18_080;

/** What one case works on; plain data, so that a process of its own can be given it. */
export interface Work {
  readonly fleetId: string;
  /** Where the journals and the bundle are. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly uiPort: number;
  /** Resources of the caller, which must stay as they are. */
  readonly adopted: { readonly securityGroup?: string; readonly instanceProfile?: string };
  /** {@link quick} by default. */
  readonly pace?: Pace;
}

export function settingsOf({ folder, environment, uiPort, adopted, pace = quick }: Work): Ec2FleetSettings {
  const settings = resolveOptions({
    region: 'eu-west-1',
    stateDirectory: folder,
    startTimeout: '20s',
    environment,
    uiPort,
    // Stand-ins of a master speak plain HTTP.
    access: 'http',
    ...adopted,
  });
  return { ...settings, aws: { ...settings.aws, pace } };
}

export function requestOf({ fleetId, folder }: Work, signal: AbortSignal): ProvisionRequest {
  const text = 'print("a bundle")\n';
  return {
    fleetId,
    workers: 2,
    durationSeconds: 60,
    host: 'https://service.example',
    iamStatements: [
      {
        Effect: 'Allow',
        Action: ['sagemaker:InvokeEndpoint'],
        Resource: ['arn:aws:sagemaker:*:*:endpoint/x'],
      },
    ],
    bundle: {
      directory: join(folder, 'bundle'),
      files: [{ path: 'locustfile.py', bytes: text.length, sha256: '' }],
      digest: '',
    },
    variables: ['DATABRICKS_TOKEN'],
    environment: { DATABRICKS_TOKEN: 'canary-secret-of-the-test' },
    logDirectory: join(folder, 'logs'),
    redact: (line) => line,
    signal,
    onProgress: () => {},
  };
}

/** A folder with a bundle, removed after use. */
export async function withFolder<Result>(
  parent: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(parent, 'case-'));
  try {
    await mkdir(join(folder, 'bundle'));
    await writeFile(join(folder, 'bundle', 'locustfile.py'), 'print("a bundle")\n');
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
