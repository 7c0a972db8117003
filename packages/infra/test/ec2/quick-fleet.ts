import type { Fleet } from '@loadwright/core';
import { fleetOf } from '../../src/ec2/fleet.js';
import type { Ec2FleetOptions } from '../../src/ec2/options.js';
import { resolveOptions } from '../../src/ec2/settings.js';
import type { AwsStandIn } from '@loadwright/aws-stand-in';
import { quick, settingsOf, uiPort, type Work } from './work.js';

/** The fleet with the patience that suits a stand-in: short pauses, and time for machines that really start and end. */
export function quickFleet(options: Ec2FleetOptions): Fleet {
  const settings = resolveOptions(options);
  const pace = { ...quick, firstPause: 20, longestPause: 100, propagation: 20_000, removal: 20_000 };
  return fleetOf({ ...settings, aws: { ...settings.aws, pace } });
}

/** A fleet of EC2 under the name of another kind: the least that a second kind in the account can be. */
export function fleetOfKind(fleetKind: string, work: Work): Fleet {
  const settings = settingsOf(work);
  return fleetOf({ ...settings, aws: { ...settings.aws, fleetKind } });
}

/** Variables of a caller in the account of the stand-in. */
export function variablesFor(aws: AwsStandIn): Readonly<Record<string, string>> {
  return {
    ...aws.environment,
    LOADWRIGHT_CHECK_IP_URL: `${aws.endpoint}/checkip`,
    // No cache: what one test looks up is not for the next.
    LOADWRIGHT_CACHE_DIR: '/dev/null/cache',
  };
}

/**
 * Options of a fleet in the account of the stand-in.
 *
 * @param stateDirectory where the journals are
 */
export function optionsFor(aws: AwsStandIn, stateDirectory: string): Ec2FleetOptions {
  return { uiPort, access: 'http', stateDirectory, startTimeout: '30s', environment: variablesFor(aws) };
}
