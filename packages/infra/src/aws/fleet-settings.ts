import { join } from 'node:path';
import { formatDuration, LoadwrightError, secondsOf, validate } from '@loadwright/core/fleet';
import envPaths from 'env-paths';
import type { Environment } from '../environment.js';
import type { Access } from './access.js';
import { findSessionPrograms } from './check/session-manager.js';
import { regionSchema, type SharedOptions } from './options.js';
import { patient, type AwsSettings } from './settings.js';

/** What the options of every fleet on AWS come to, once variables and defaults are filled in. */
export interface SharedSettings {
  readonly aws: AwsSettings;
  readonly access: Access;
  /** Why nobody had to say so; undefined when somebody did. */
  readonly accessReason: string | undefined;
  readonly uiPort: number;
  /** As the options say. */
  readonly givenUiPort: number | undefined;
  readonly timeToLiveSeconds: number;
  readonly startTimeoutSeconds: number;
  readonly journals: string;
  readonly environment: Environment;
}

/** Options of which {@link SharedSettings} holds something else. */
export type ResolvedOptions = 'region' | 'timeToLive' | 'startTimeout' | 'access' | 'uiPort';

/** @returns the port of the web UI on its machine */
export type PortFor = (access: Access, given: number | undefined) => number;

/**
 * Fills in variables and defaults; an option wins over its variable, and an empty variable counts as absent.
 *
 * @throws LoadwrightError `CONFIG_INVALID`
 */
export function resolveShared(
  fleetKind: string,
  valid: SharedOptions,
  portFor: PortFor = usualPort,
): SharedSettings {
  const environment: Environment = valid.environment ?? process.env;
  const region = valid.region ?? regionOf(environment);
  const profile = valid.profile || environment['AWS_PROFILE'] || undefined;
  const [access, accessReason] = accessOf(valid, environment);
  return {
    access,
    accessReason,
    uiPort: portFor(access, valid.uiPort),
    givenUiPort: valid.uiPort,
    aws: {
      fleetKind,
      region,
      profile,
      keys: profile === undefined ? keysOf(environment) : undefined,
      owner: valid.owner,
      endpoint: valid.endpoint || environment['AWS_ENDPOINT_URL'] || undefined,
      pace: patient,
    },
    timeToLiveSeconds: secondsOf(valid.timeToLive),
    startTimeoutSeconds: secondsOf(valid.startTimeout),
    journals: journalsOf(environment, valid.stateDirectory),
    environment,
  };
}

/** The way to the web UI, and why it is that one; see `settleAccess`. */
function accessOf(
  { access, allowedAddresses }: SharedOptions,
  environment: Environment,
): [Access, string | undefined] {
  if (access !== undefined) return [access, undefined];
  if (allowedAddresses !== undefined) return ['https', 'allowedAddresses says who may reach it'];
  const { missing } = findSessionPrograms(environment);
  return missing.length === 0
    ? ['session-manager', 'the AWS CLI and its plugin are on this machine']
    : [
        'https',
        `for a port forward of Session Manager ${missing.join(' and ')} would have to be on this machine`,
      ];
}

/** The port that browsers take for granted. */
export const usualPort: PortFor = (access, given) => given ?? (access === 'https' ? 443 : 80);

/** The folder of the journals. */
export function journalsOf(environment: Environment, stateDirectory?: string): string {
  const state =
    stateDirectory || environment['LOADWRIGHT_STATE_DIR'] || envPaths('loadwright', { suffix: '' }).data;
  return join(state, 'runs');
}

/**
 * A machine that ends in the middle of the test would spoil it.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the test lasts longer than the machine.
 */
export function requireTime(
  { timeToLiveSeconds }: Pick<SharedSettings, 'timeToLiveSeconds'>,
  durationSeconds: number,
): void {
  if (durationSeconds < timeToLiveSeconds) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.timeToLive: found ${formatDuration(timeToLiveSeconds)}, expected more than the ${formatDuration(durationSeconds)} that the test lasts`,
    { hint: 'Set a longer timeToLive, with room for the start of the machine.' },
  );
}

/** @throws LoadwrightError `CONFIG_INVALID` when no variable names one, or one that is not supported. */
function regionOf(environment: Environment): string {
  const variable = ['AWS_REGION', 'AWS_DEFAULT_REGION'].find((name) => environment[name]);
  if (variable !== undefined) {
    return validate(regionSchema, environment[variable], { field: `variable ${variable}` });
  }
  throw new LoadwrightError('CONFIG_INVALID', 'fleet.region: missing, expected a region such as eu-west-1', {
    hint: 'Set the option region, or the variable AWS_REGION.',
  });
}

function keysOf(environment: Environment): AwsSettings['keys'] {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}
