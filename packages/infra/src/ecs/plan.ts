import {
  formatDollars,
  formatDuration,
  type Finding,
  type FleetPlan,
  type FleetRequest,
} from '@loadwright/core/fleet';
import { lookUpAccount, type Account } from '../aws/account/account.js';
import { assumedAccount, describeAccount, hasNoCredentials } from '../aws/account/without-credentials.js';
import { knownProfileRole } from '../aws/account/profile-role.js';
import type { Aws } from '../aws/clients.js';
import { nameOf, outsideDelay } from '../aws/fleet-identity.js';
import { requireTime } from '../aws/fleet-settings.js';
import { requireFreeName } from '../aws/fleets/name.js';
import { instanceProfile } from '../aws/kinds/instance-profile.js';
import { instance } from '../aws/kinds/instance.js';
import { endRole, role } from '../aws/kinds/role.js';
import { schedule } from '../aws/kinds/schedule.js';
import { service } from '../aws/kinds/service.js';
import { taskDefinition } from '../aws/kinds/task-definition.js';
import { endsFromOutside } from '../aws/permissions/end.js';
import { asStatements, neededOf } from '../aws/permissions/needed.js';
import { countParameters } from '../aws/deploy/secrets.js';
import { lookUpHourlyPrice, pricedAs } from '../aws/plan/hourly-price.js';
import { warnOfAddresses } from '../aws/plan/warn-of-addresses.js';
import { describeAccess, sharedWarnings } from '../aws/plan/words.js';
import { creditSurplus } from '../aws/price/credits.js';
import { requireReachable } from '../aws/reach/reachable.js';
import { requireOwnPlaces } from './own-places.js';
import { permissions } from './permissions/table.js';
import { lastLines, quotaLines, surroundingLines } from './plan-lines.js';
import { knownQuotas } from './quotas.js';
import { ecsResources } from './resources.js';
import { processesOfMachine, type EcsFleetSettings } from './settings.js';

/**
 * What would be made, what it costs an hour and which permissions it needs. Makes nothing. Without any credentials it says what is
 * known all the same.
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
  const processes = processesOfMachine(settings, request.workers);
  const isAnonymous = await hasNoCredentials(aws);
  const lookUp = isAnonymous
    ? Promise.resolve(assumedAccount(settings, settings.aws.region))
    : lookUpAccount(aws, settings);
  const [account, instanceProfileRole, price, quotas, ofAddresses] = await Promise.all([
    lookUp,
    knownProfileRole(aws, settings.instanceProfile),
    lookUpHourlyPrice(aws, { ...settings, secrets: countParameters(request, settings) }, lookUp),
    knownQuotas(aws, settings, lookUp),
    warnOfAddresses(aws, settings),
    isAnonymous ? undefined : requireOwnPlaces(aws, settings),
  ]);
  if (!isAnonymous) await requireFreeName(aws, ecsResources, request, account.arn);
  // Machines of this fleet have their part of the quota already.
  const short = quotas.filter(({ state }) => state === 'problem');
  const isShort = short.length > 0 && (await instance.find(aws, request)).length === 0;
  const place = { ...settings.aws, accountId: account.accountId };
  return {
    resources: resourcesOf(settings, request, account),
    pricePerHour: pricedAs(price),
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
function resourcesOf(settings: EcsFleetSettings, request: FleetRequest, account: Account): string[] {
  const { workerMachines, timeToLiveSeconds } = settings;
  const fleet = { fleetKind: settings.aws.fleetKind, fleetId: request.fleetId };
  const name = nameOf(fleet);
  const { vcpus, architecture } = account.instanceType;
  const zones = account.subnets.map(({ zone }) => zone).join(' or ');
  const machine = `${settings.instanceType}, ${vcpus} vCPUs, ${architecture}, ${settings.volumeGigabytes} GB, in ${zones}, ends itself after ${formatDuration(timeToLiveSeconds)}`;
  return [
    ...surroundingLines(
      settings,
      request,
      account,
      settings.instanceProfile === undefined
        ? [
            `${role.name} ${name}: what the agents of ECS and of Session Manager do`,
            `${instanceProfile.name} ${name}`,
          ]
        : [],
    ),
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
  const { access, workerMachines } = settings;
  const { vcpus } = account.instanceType;
  const hasAddress = account.subnets.some(({ wayOut }) => wayOut === 'internet-gateway');
  return [
    describeAccount(account, settings.aws.region),
    ...quotaLines(quotas),
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
    ...lastLines(settings),
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
          `${instanceType} pays for full load with CPU credits: ${credits.source}, so up to ${formatDollars(count * credits.usDollars)} an hour for ${count} machines, which is in the price. Its network is as uneven. For measurements take c7i.large.`,
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
