import { formatDuration, type Finding, type FleetPlan, type FleetRequest } from '@loadwright/core/fleet';
import { lookUpAccount, type Account } from '../aws/account/account.js';
import { assumedAccount, describeAccount, hasNoCredentials } from '../aws/account/without-credentials.js';
import { knownProfileRole } from '../aws/account/profile-role.js';
import type { Aws } from '../aws/clients.js';
import { bucket } from '../aws/kinds/bucket.js';
import { instanceProfile } from '../aws/kinds/instance-profile.js';
import { instance } from '../aws/kinds/instance.js';
import { parameters } from '../aws/kinds/parameters.js';
import { endRole, role } from '../aws/kinds/role.js';
import { schedule } from '../aws/kinds/schedule.js';
import { securityGroup } from '../aws/kinds/security-group.js';
import { policyFor } from './permissions/policy.js';
import { endsFromOutside } from '../aws/permissions/end.js';
import { bucketName, nameOf, outsideDelay, parameterPrefix } from '../aws/fleet-identity.js';
import { knownQuota } from '../aws/check/quota.js';
import { usualContainerImage } from './machine/user-data.js';
import { countParameters } from '../aws/deploy/secrets.js';
import { lookUpHourlyPrice, pricedAs } from '../aws/plan/hourly-price.js';
import { allowedTo, describeAccess, sharedWarnings } from '../aws/plan/words.js';
import { warnOfAddresses } from '../aws/plan/warn-of-addresses.js';
import { ec2Resources } from './resources.js';
import { requireFreeName } from '../aws/fleets/name.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { requireTime } from '../aws/fleet-settings.js';
import type { Ec2FleetSettings } from './settings.js';

/**
 * What would be made, what it costs an hour and which permissions it needs. Makes nothing. Without any credentials it says what is
 * known all the same.
 *
 * @throws LoadwrightError when the account cannot be looked at, or lacks what is needed; `CONFIG_INVALID` when the test
 *   lasts longer than the machine, or loads this machine.
 */
export async function planFleet(
  aws: Aws,
  settings: Ec2FleetSettings,
  request: FleetRequest,
): Promise<FleetPlan> {
  requireTime(settings, request.durationSeconds);
  requireReachable(settings, request.host);
  const isAnonymous = await hasNoCredentials(aws);
  const lookUp = isAnonymous
    ? Promise.resolve(assumedAccount(settings, settings.aws.region))
    : lookUpAccount(aws, settings);
  const [account, instanceProfileRole, price, quota, ofAddresses] = await Promise.all([
    lookUp,
    knownProfileRole(aws, settings.instanceProfile),
    lookUpHourlyPrice(aws, { ...settings, secrets: countParameters(request, settings) }, lookUp),
    knownQuota(aws, settings, lookUp),
    warnOfAddresses(aws, settings),
  ]);
  if (!isAnonymous) await requireFreeName(aws, ec2Resources, request, account.arn);
  // A machine of this fleet has its part of the quota already.
  const isShort = quota.state === 'problem' && (await instance.find(aws, request)).length === 0;
  const place = { ...settings.aws, accountId: account.accountId };
  return {
    resources: resourcesOf(settings, request, account),
    pricePerHour: pricedAs(price),
    endsAfterSeconds: settings.timeToLiveSeconds,
    permissions: policyFor(place, { ...settings, instanceProfileRole }, request.iamStatements),
    notes: notesOf(settings, request, account, quota),
    warnings: [
      ...(isShort ? [`The quota does not suffice. ${quota.detail}. ${quota.remedy ?? ''}`] : []),
      ...warningsOf(settings, request, account),
      ...ofAddresses,
    ],
  };
}

/** One line for each resource: its kind, its name, and what there is to know of it. */
function resourcesOf(settings: Ec2FleetSettings, { fleetId }: FleetRequest, account: Account): string[] {
  const { fleetKind, region } = settings.aws;
  const fleet = { fleetKind, fleetId };
  const { vcpus, architecture } = account.instanceType;
  const zones = account.subnets.map(({ zone }) => zone).join(' or ');
  const allowed = allowedTo(settings, account).join(', ');
  return [
    ...(settings.securityGroup === undefined
      ? [
          `${securityGroup.name} ${nameOf(fleet)}: ${allowed ? `port ${settings.uiPort} from ${allowed}` : 'nobody comes in'}`,
        ]
      : []),
    ...(settings.instanceProfile === undefined
      ? [`${role.name} ${nameOf(fleet)}`, `${instanceProfile.name} ${nameOf(fleet)}`]
      : []),
    `${parameters.name} ${parameterPrefix(fleet, settings.owner)}*: the login and the secrets, encrypted; AWS removes them ${formatDuration(settings.timeToLiveSeconds + outsideDelay / 1000)} after the start`,
    `${bucket.name} ${bucketName(fleet, region)}: the bundle`,
    ...(endsFromOutside(settings)
      ? [
          `${schedule.name} ${nameOf(fleet)}: ends the machine ${formatDuration(settings.timeToLiveSeconds + outsideDelay / 1000)} after its start, if it has not ended itself`,
          `${endRole.name} ${nameOf(fleet, 'end')}`,
        ]
      : []),
    `${instance.name} ${nameOf(fleet)}: ${settings.instanceType}${settings.spot ? ' (spot)' : ''}, ${vcpus} vCPUs, ${architecture}, ${settings.volumeGigabytes} GB, in ${zones}, ends itself after ${formatDuration(settings.timeToLiveSeconds)}`,
  ];
}

function notesOf(
  settings: Ec2FleetSettings,
  { workers }: FleetRequest,
  account: Account,
  quota: Finding,
): string[] {
  const { vcpus } = account.instanceType;
  const { access, instanceProfile, securityGroup: group } = settings;
  const own = [group, instanceProfile].filter((id) => id !== undefined);
  const hasAddress = account.subnets.some(({ wayOut }) => wayOut === 'internet-gateway');
  return [
    describeAccount(account, settings.aws.region),
    ...(quota.state === 'good' ? [`Quota: ${quota.detail}.`] : []),
    ...(quota.state === 'unknown'
      ? [`Needs ${vcpus} vCPUs; whether the quota has them is not known: ${quota.detail}`]
      : []),
    `Installs on the image ${account.image.id}: docker.io and docker-compose-v2 of Ubuntu’s archive, unless it has them; then the container image ${describeImage(settings.containerImage)}. Locust and its Python packages come with that image: nothing else is downloaded but the bundle.`,
    describeAccess(settings),
    ...(access === 'session-manager' && hasAddress
      ? ['The machine has a public address: its subnet leads to the internet by no other way.']
      : []),
    ...(vcpus > 2 * workers
      ? [
          `${workers} ${workers === 1 ? 'worker uses' : 'workers use'} ${workers} of the ${vcpus} vCPUs: leave workers out for one a vCPU, or choose a smaller instanceType.`,
        ]
      : []),
    ...(own.length > 0 ? [`Yours, used as it is and never removed: ${own.join(', ')}.`] : []),
    ...(instanceProfile !== undefined
      ? [
          `The machine may do what the role of ${instanceProfile} allows, and gets no credentials of yours. It must allow what the machine does, see the permissions.`,
        ]
      : []),
    'What is sent to the internet or to other regions is billed by the GB on top of this.',
  ];
}

function warningsOf(
  settings: Ec2FleetSettings,
  { workers, durationSeconds }: FleetRequest,
  account: Account,
): string[] {
  const { vcpus } = account.instanceType;
  const warnings = sharedWarnings(settings, durationSeconds, account);
  return [
    ...warnings.early,
    ...(settings.spot ? ['A spot machine may be taken away in the middle of the test.'] : []),
    ...(workers > vcpus
      ? [`${workers} workers share ${vcpus} vCPUs: more than one a vCPU makes no more load.`]
      : []),
    ...warnings.late,
  ];
}

function describeImage(chosen: string | undefined): string {
  const image = chosen ?? usualContainerImage();
  return image.includes('@') ? image : `${image}, by its tag (fix it with containerImage: ${image}@sha256:…)`;
}
