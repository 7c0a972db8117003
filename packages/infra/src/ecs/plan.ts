import { formatDuration, type Finding, type FleetPlan, type FleetRequest } from '@loadwright/core/fleet';
import { lookUpAccount, type Account } from '../aws/account/account.js';
import { knownProfileRole } from '../aws/account/profile-role.js';
import type { Aws } from '../aws/clients.js';
import { outsideDelay } from '../aws/deploy/end-from-outside.js';
import { nameOf, parameterPrefix } from '../aws/fleet-identity.js';
import { requireTime } from '../aws/fleet-settings.js';
import { requireFreeName } from '../aws/fleets/name.js';
import { cluster } from '../aws/kinds/cluster.js';
import { imageTag } from '../aws/kinds/image-tag.js';
import { instanceProfile } from '../aws/kinds/instance-profile.js';
import { instance } from '../aws/kinds/instance.js';
import { logGroup, nameOfLogGroup } from '../aws/kinds/log-group.js';
import { parameters } from '../aws/kinds/parameters.js';
import { endRole, executionRole, role, taskRole } from '../aws/kinds/role.js';
import { schedule } from '../aws/kinds/schedule.js';
import { securityGroup } from '../aws/kinds/security-group.js';
import { service } from '../aws/kinds/service.js';
import { taskDefinition } from '../aws/kinds/task-definition.js';
import { endsFromOutside } from '../aws/permissions/end.js';
import { asStatements, neededOf } from '../aws/permissions/needed.js';
import { describeParts, lookUpHourlyPrice } from '../aws/plan/hourly-price.js';
import { warnOfAddresses } from '../aws/plan/warn-of-addresses.js';
import { allowedTo, describeAccess, sharedWarnings } from '../aws/plan/words.js';
import { creditSurplus } from '../aws/price/credits.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { defaultBase } from '../image/index.js';
import { requireOwnPlaces } from './own-places.js';
import { permissions } from './permissions/table.js';
import { masterPort } from './ports.js';
import { knownQuotas } from './quotas.js';
import { ecsResources } from './resources.js';
import { processesOfMachine, requireAccess, type EcsFleetSettings } from './settings.js';

/**
 * What would be made, what it costs an hour and which permissions it needs. Makes nothing.
 *
 * @throws LoadwrightError when the account cannot be looked at, or lacks what is needed; `CONFIG_INVALID` when the test
 *   lasts longer than the machines, or loads this machine.
 */
export async function planFleet(
  aws: Aws,
  settings: EcsFleetSettings,
  request: FleetRequest,
): Promise<FleetPlan> {
  requireTime(settings, request.durationSeconds);
  requireReachable(settings, request.host);
  requireAccess(settings);
  const processes = processesOfMachine(settings, request.workers);
  const lookUp = lookUpAccount(aws, settings);
  const [account, instanceProfileRole, price, quotas, ofAddresses] = await Promise.all([
    lookUp,
    knownProfileRole(aws, settings.instanceProfile),
    lookUpHourlyPrice(aws, settings, lookUp),
    knownQuotas(aws, settings, lookUp),
    warnOfAddresses(aws, settings),
    requireOwnPlaces(aws, settings),
  ]);
  await requireFreeName(aws, ecsResources, request, account.arn);
  // Machines of this fleet have their part of the quota already.
  const short = quotas.filter(({ state }) => state === 'problem');
  const isShort = short.length > 0 && (await instance.find(aws, request)).length === 0;
  const place = { ...settings.aws, accountId: account.accountId };
  return {
    resources: resourcesOf(settings, request, account),
    pricePerHour: {
      usDollars: price.known,
      source: describeParts(price),
      ...(price.total === undefined && { isIncomplete: true }),
    },
    endsAfterSeconds: settings.timeToLiveSeconds,
    permissions: asStatements(
      neededOf(permissions, place, { ...settings, instanceProfileRole }, request.iamStatements),
    ),
    notes: notesOf(settings, account, quotas, processes),
    warnings: [
      ...(isShort
        ? short.map(({ detail, remedy = '' }) => `The quota does not suffice. ${detail}. ${remedy}`)
        : []),
      ...warningsOf(settings, request, account, processes),
      ...ofAddresses,
    ],
  };
}

/** One line for each resource: its kind, its name, and what there is to know of it. */
function resourcesOf(
  settings: EcsFleetSettings,
  { fleetId, iamStatements }: FleetRequest,
  account: Account,
): string[] {
  const { fleetKind } = settings.aws;
  const { workerMachines, repository, timeToLiveSeconds } = settings;
  const fleet = { fleetKind, fleetId };
  const name = nameOf(fleet);
  const { vcpus, architecture } = account.instanceType;
  const zones = account.subnets.map(({ zone }) => zone).join(' or ');
  const allowed = allowedTo(settings, account).join(', ');
  const machine = `${settings.instanceType}, ${vcpus} vCPUs, ${architecture}, ${settings.volumeGigabytes} GB, in ${zones}, ends itself after ${formatDuration(timeToLiveSeconds)}`;
  const unless = (own: string | undefined, ...lines: string[]) => (own === undefined ? lines : []);
  return [
    `${logGroup.name} ${nameOfLogGroup(fleet)}: kept for ${settings.logRetentionDays} days, unless it is removed`,
    ...(settings.isOwnRepository
      ? []
      : [
          `repository ${repository}: shared by all fleets, made where it is missing, never removed by a fleet`,
        ]),
    `${imageTag.name} ${repository}:${name}: the bundle as one layer on ${settings.containerImage ?? defaultBase()}`,
    ...unless(
      settings.securityGroup,
      `${securityGroup.name} ${name}: ${allowed ? `port ${settings.uiPort} from ${allowed}` : 'nobody comes in'}; port ${masterPort} within the group`,
    ),
    ...unless(
      settings.instanceProfile,
      `${role.name} ${name}: what the agents of ECS and of Session Manager do`,
      `${instanceProfile.name} ${name}`,
    ),
    ...unless(
      settings.executionRole,
      `${executionRole.name} ${nameOf(fleet, 'execution')}: reads the parameters`,
    ),
    ...(iamStatements.length > 0
      ? unless(settings.taskRole, `${taskRole.name} ${nameOf(fleet, 'task')}: what the target needs`)
      : []),
    `${parameters.name} ${parameterPrefix(fleet, settings.owner)}*: the login and the secrets, encrypted`,
    ...unless(settings.cluster, `${cluster.name} ${name}`),
    `${instance.name} ${name} (master): ${machine}`,
    `${workerMachines} × ${instance.name} ${name} (worker-1${workerMachines > 1 ? ` to worker-${workerMachines}` : ''}): ${machine}${settings.spot ? ', spot' : ''}`,
    ...(endsFromOutside(settings)
      ? [
          `${workerMachines + 1} × ${schedule.name} ${nameOf(fleet, '*')}: each ends one machine ${formatDuration(timeToLiveSeconds + outsideDelay / 1000)} after its start, if it has not ended itself`,
          `${endRole.name} ${nameOf(fleet, 'end')}`,
        ]
      : []),
    ...['master', 'worker'].map((part) => `${taskDefinition.name} ${nameOf(fleet, part)}`),
    `${service.name} ${nameOf(fleet, 'master')}: one task`,
    `${service.name} ${nameOf(fleet, 'worker')}: one task on each machine for workers`,
  ];
}

function notesOf(
  settings: EcsFleetSettings,
  account: Account,
  quotas: readonly Finding[],
  processes: number,
): string[] {
  const { access, cluster: ownCluster, workerMachines } = settings;
  const { vcpus } = account.instanceType;
  const ofUser = [
    ownCluster,
    settings.isOwnRepository ? settings.repository : undefined,
    settings.securityGroup,
    settings.instanceProfile,
    settings.taskRole,
    settings.executionRole,
  ].filter((id) => id !== undefined);
  const hasAddress = account.subnets.some(({ wayOut }) => wayOut === 'internet-gateway');
  return [
    `In ${settings.aws.region} of account ${account.accountId}, as ${account.arn}.`,
    ...quotas.flatMap(({ state, detail }) => {
      if (state === 'good') return [`Quota: ${detail}.`];
      return state === 'unknown' ? [`Whether the quota of vCPUs suffices is not known: ${detail}`] : [];
    }),
    `${workerMachines} machines with ${processes} worker ${processes === 1 ? 'process' : 'processes'} each, on the image ${account.image.id}.`,
    describeAccess(settings),
    ...(access === 'session-manager' && hasAddress
      ? ['The machines have public addresses: their subnets lead to the internet by no other way.']
      : []),
    ...(vcpus > 2 * processes
      ? [
          `Each machine uses ${processes} of its ${vcpus} vCPUs: leave workers out for one process a vCPU, or choose a smaller instanceType.`,
        ]
      : []),
    ...(ofUser.length > 0 ? [`Yours, used as it is and never removed: ${ofUser.join(', ')}.`] : []),
    'The image stays in the repository, where the next fleet finds its layers; CloudWatch bills logs by the GB. What is sent to the internet or to other regions is billed by the GB on top of this.',
  ];
}

function warningsOf(
  settings: EcsFleetSettings,
  { durationSeconds }: FleetRequest,
  account: Account,
  processes: number,
): string[] {
  const { instanceType, machines } = settings;
  const { vcpus } = account.instanceType;
  const { early, late } = sharedWarnings(settings, durationSeconds, account);
  const credits = creditSurplus(instanceType, vcpus);
  const count = machines.onDemand + machines.spot;
  return [
    ...early,
    ...(credits
      ? [
          `${instanceType} pays for full load with CPU credits: ${credits.source}, so up to $${(count * credits.usDollars).toFixed(2)} an hour for ${count} machines, which is in the price. Its network is as uneven. For measurements take c7i.large.`,
        ]
      : []),
    ...(settings.spot ? ['Spot machines of workers may be taken away in the middle of the test.'] : []),
    ...(processes > vcpus
      ? [
          `${processes} worker processes share the ${vcpus} vCPUs of a machine: more than one a vCPU makes no more load.`,
        ]
      : []),
    ...late,
  ];
}
