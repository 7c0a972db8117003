import { formatDuration, type FleetPlan, type FleetRequest } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { requireTime } from '../../aws/fleet-settings.js';
import { requireFreeName } from '../../aws/fleets/name.js';
import { task } from '../../aws/kinds/fargate/task.js';
import { sessionRole } from '../../aws/kinds/role.js';
import { taskDefinition } from '../../aws/kinds/task-definition.js';
import { asStatements, neededOf } from '../../aws/permissions/needed.js';
import { countParameters } from '../../aws/deploy/secrets.js';
import { pricedAs } from '../../aws/plan/hourly-price.js';
import { warnOfAddresses } from '../../aws/plan/warn-of-addresses.js';
import { describeAccess, sharedWarnings } from '../../aws/plan/words.js';
import { requireReachable } from '../../aws/reach/reachable.js';
import { permissions } from '../permissions/table.js';
import { lastLines, quotaLines, surroundingLines } from '../plan-lines.js';
import { ecsResources } from '../resources.js';
import { processesOfMachine, requireAccess, type EcsFleetSettings } from '../settings.js';
import { lookUpFargateAccount, type FargateAccount } from './account.js';
import { lookUpFargatePrice } from './price.js';
import { fargateQuotas } from './quotas.js';

/**
 * What would be made, what it costs an hour and which permissions it needs. Makes nothing.
 *
 * @throws LoadwrightError when the account cannot be looked at, or lacks what is needed; `CONFIG_INVALID` when the test
 *   lasts longer than the tasks, or loads this machine.
 */
export async function planFargate(
  aws: Aws,
  settings: EcsFleetSettings,
  request: FleetRequest,
): Promise<FleetPlan> {
  requireTime(settings, request.durationSeconds);
  requireReachable(settings, request.host);
  requireAccess(settings);
  const processes = processesOfMachine(settings, request.workers);
  const lookUp = lookUpFargateAccount(aws, settings);
  const [account, price, quotas, ofAddresses] = await Promise.all([
    lookUp,
    lookUpFargatePrice(aws, { ...settings, secrets: countParameters(request, settings) }, lookUp),
    fargateQuotas(aws, settings),
    warnOfAddresses(aws, settings),
  ]);
  await requireFreeName(aws, ecsResources, request, account.arn);
  const short = quotas.filter(({ state }) => state === 'problem');
  const place = { ...settings.aws, accountId: account.accountId };
  return {
    resources: resourcesOf(settings, request, account),
    pricePerHour: pricedAs(price),
    endsAfterSeconds: settings.timeToLiveSeconds,
    permissions: asStatements(neededOf(permissions, place, settings, request.iamStatements)),
    notes: [
      `In ${settings.aws.region} of account ${account.accountId}, as ${account.arn}.`,
      ...quotaLines(quotas),
      `${settings.workerMachines} tasks with ${processes} worker ${processes === 1 ? 'process' : 'processes'} each, on Fargate.`,
      describeAccess(settings),
      account.hasPublicAddress
        ? 'The tasks have public addresses: their subnets lead to the registry by no other way.'
        : 'The tasks have private addresses alone.',
      ...lastLines(settings),
    ],
    warnings: [
      ...short.map(({ detail, remedy = '' }) => `The quota does not suffice. ${detail}. ${remedy}`),
      ...warningsOf(settings, request, account, processes),
      ...ofAddresses,
    ],
  };
}

function resourcesOf(settings: EcsFleetSettings, request: FleetRequest, account: FargateAccount): string[] {
  const { workerMachines, timeToLiveSeconds, vcpus, memoryGigabytes, cpuArchitecture, access } = settings;
  const fleet = { fleetKind: settings.aws.fleetKind, fleetId: request.fleetId };
  const zones = account.subnets.map(({ zone }) => zone).join(' or ');
  const size = `${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}, ${cpuArchitecture}, ${memoryGigabytes} GB, in ${zones}, ends itself after ${formatDuration(timeToLiveSeconds)}`;
  const ofMaster = `${sessionRole.name} ${nameOf(fleet, 'master')}: what the agent of Session Manager does`;
  return [
    ...surroundingLines(settings, request, account, access === 'session-manager' ? [ofMaster] : []),
    ...['master', 'worker'].map((part) => `${taskDefinition.name} ${nameOf(fleet, part)}`),
    `${task.name} of the master: ${size}`,
    `${workerMachines} × ${task.name} of workers: ${size}${settings.spot ? ', spot' : ''}`,
  ];
}

function warningsOf(
  settings: EcsFleetSettings,
  { durationSeconds }: FleetRequest,
  account: FargateAccount,
  processes: number,
): string[] {
  const { spot, vcpus } = settings;
  const { early, late } = sharedWarnings(settings, durationSeconds, account);
  return [
    ...early,
    ...(spot ? ['Spot tasks of workers may be taken away in the middle of the test.'] : []),
    ...(processes > vcpus
      ? [
          `${processes} worker ${processes === 1 ? 'process has' : 'processes share'} ${vcpus} vCPUs of a task: more than one a vCPU makes no more load.`,
        ]
      : []),
    ...late,
  ];
}
