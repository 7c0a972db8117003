import { digestWithoutLoad, LoadwrightError, type ProvisionRequest } from '@loadwright/core/fleet';
import type { Account } from '../../aws/account/account.js';
import { isPublic } from '../../aws/access.js';
import { all } from '../../aws/all.js';
import { ensure, type Step } from '../../aws/ensure.js';
import { findBoundary } from '../../aws/account/boundary.js';
import { bucket } from '../../aws/kinds/bucket.js';
import { instanceProfile } from '../../aws/kinds/instance-profile.js';
import { instance } from '../../aws/kinds/instance.js';
import { overwriteParameters, parameters } from '../../aws/kinds/parameters.js';
import { role } from '../../aws/kinds/role.js';
import { securityGroup } from '../../aws/kinds/security-group.js';
import { machineStatements } from '../permissions/machine.js';
import { makesRoles } from '../permissions/table.js';
import { poll } from '../../aws/poll.js';
import {
  bucketName,
  certificateParameter,
  parameterPrefix,
  type FleetIdentity,
} from '../../aws/fleet-identity.js';
import { makeEndRole, scheduleEnd } from '../../aws/deploy/end-from-outside.js';
import type { Deployment } from './deployment.js';
import { factTags } from '../../aws/fleets/facts.js';
import {
  certificatePlace,
  createLogin,
  findSecrets,
  loginParameters,
  ofWorkers,
  readSecrets,
  type FleetSecrets,
} from '../../aws/deploy/login.js';
import { userData } from '../machine/user-data.js';
import type { Ec2FleetSettings } from '../settings.js';

/** What the role of the machine gives: the caller's own credentials stay where they are. */
const givenByRole = new Set(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);

const bundleKey = 'bundle.tar.gz';

/**
 * Makes the machine and all that it needs. Steps that do not need each other run at the same time.
 *
 * @returns the id of the machine, and its secrets
 */
export async function deploy(deployment: Deployment) {
  const { aws, journal, settings, account, request, archive } = deployment;
  const { fleetId } = request;
  const fleet: FleetIdentity = {
    ...aws.fleet(fleetId),
    region: settings.aws.region,
    owner: account.arn,
    name: request.name,
    createdAt: deployment.createdAt,
    expiresAt: new Date(deployment.createdAt.getTime() + settings.timeToLiveSeconds * 1000),
    tags: settings.tags,
  };
  const step: Step = { aws, fleet, journal };
  const isEncrypted = settings.access === 'https';
  const values = {
    ...loginParameters(createLogin()),
    ...workerParameters(request),
    ...(isEncrypted ? certificatePlace() : {}),
  };

  const place = { ...fleet, accountId: account.accountId };
  const boundary = makesRoles(settings) ? findBoundary(aws, place, settings) : Promise.resolve(undefined);
  boundary.catch(() => {});

  request.onProgress('Making the security group, the role, the parameters and the bucket');
  const [securityGroupId, instanceProfileName, endRoleArn, secrets] = await all([
    settings.securityGroup ?? ensure(step, securityGroup, groupParameters(settings, account)),
    settings.instanceProfile ?? ensureProfile(step, request, isEncrypted, boundary),
    makeEndRole(step, deployment, boundary),
    ensureParameters(step, values, deployment.existing),
    ensure(step, bucket, { key: bundleKey, file: archive.file }),
  ]);

  request.onProgress(`Starting a ${settings.instanceType}`);
  const machine = {
    instanceType: settings.instanceType,
    imageId: account.image.id,
    rootDevice: account.image.rootDevice,
    volumeGigabytes: settings.volumeGigabytes,
    subnets: account.subnets,
    securityGroupId,
    instanceProfileName,
    keyPair: settings.keyPair,
    spot: settings.spot,
    userData: userData({
      fleetId,
      region: fleet.region,
      bucket: bucketName(fleet, fleet.region),
      bundleKey,
      bundleSha256: archive.sha256,
      parameterPrefix: parameterPrefix(fleet, settings.owner).replace(/\/$/, ''),
      parameters: Object.keys(values),
      workers: request.workers,
      ...(settings.containerImage !== undefined && { containerImage: settings.containerImage }),
      uiPort: settings.uiPort,
      ...(isEncrypted && { certificate: certificateParameter }),
      expiresAt: fleet.expiresAt,
    }),
    facts: factTags(
      {
        workers: request.workers,
        access: settings.access,
        uiPort: settings.uiPort,
        bundleDigest: digestWithoutLoad(request.bundle),
      },
      deployment.pricePerHour,
    ),
  };
  const instanceId = await ensure(step, instance, machine, deployment.existing);
  await scheduleEnd(step, deployment, endRoleArn, instanceId);
  return { instanceId, ...secrets };
}

/**
 * The login stays as an earlier attempt wrote it. A secret of the workers that has changed since is written anew, unless
 * the machine has read it already.
 *
 * @returns what the machine will have, or has
 * @throws LoadwrightError `CONFIG_INVALID` when an existing machine would continue with another secret.
 */
async function ensureParameters(
  step: Step,
  values: Record<string, string>,
  existing: string | undefined,
): Promise<FleetSecrets> {
  const { aws, fleet } = step;
  const earlier = existing === undefined ? undefined : await findSecrets(aws, fleet.fleetId);
  if (existing !== undefined && earlier) requireSameSecrets(existing, fleet.fleetId, values, earlier);
  await ensure(step, parameters, { values });
  const wanted = Object.keys(values);
  const secrets = await poll(aws, aws.settings.pace.propagation, () =>
    findSecrets(aws, fleet.fleetId, wanted),
  );
  const found = secrets ?? (await readSecrets(aws, fleet.fleetId));
  const changed = changedSecrets(values, found);
  if (changed.length === 0) return found;
  const anew = Object.fromEntries(changed.map((name) => [name, values[name] ?? '']));
  await overwriteParameters(aws, fleet.fleetId, anew);
  const all = { ...found.ofWorkers, ...anew };
  return { ...found, secrets: Object.values(all), ofWorkers: all };
}

/** Names of the workers' parameters that hold, or would hold, something else. */
function changedSecrets(
  values: Readonly<Record<string, string>>,
  { ofWorkers: found }: FleetSecrets,
): string[] {
  return Object.keys(values).filter((name) => name.startsWith(ofWorkers) && values[name] !== found[name]);
}

function requireSameSecrets(
  machine: string,
  fleetId: string,
  values: Readonly<Record<string, string>>,
  earlier: FleetSecrets,
): void {
  const changed = changedSecrets(values, earlier).map((name) => name.slice(ofWorkers.length));
  if (changed.length === 0) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The machine ${machine} of fleet ${fleetId} has read its secrets; since then ${changed.join(', ')} changed.`,
    {
      hint: 'Remove the fleet, then deploy another one.',
      next: [{ action: 'destroy-fleet', fleetId }, { action: 'deploy-fleet' }],
    },
  );
}

/** The role and its profile at the same time: the profile takes the role in when it is there. */
async function ensureProfile(
  step: Step,
  request: ProvisionRequest,
  handsOverCertificate: boolean,
  boundary: Promise<string | undefined>,
): Promise<string> {
  const { owner } = step.aws.settings;
  const statements = machineStatements({
    ...request,
    ...step.fleet,
    owner,
    handsOverCertificate,
  });
  const roleName = ensure(step, role, { statements, boundary });
  const [, name] = await all([roleName, ensure(step, instanceProfile, { roleName })]);
  return name;
}

function groupParameters(settings: Ec2FleetSettings, account: Account) {
  const [subnet] = account.subnets;
  if (!subnet) throw new LoadwrightError('PROVISIONING_FAILED', 'There is no subnet to start a machine in.');
  const own = account.callerAddress === undefined ? [] : [`${account.callerAddress}/32`];
  return {
    vpcId: subnet.vpcId,
    uiPort: settings.uiPort,
    allowedAddresses: isPublic(settings.access) ? (settings.allowedAddresses ?? own) : [],
  };
}

function workerParameters({ environment, iamStatements }: ProvisionRequest): Record<string, string> {
  const isNeeded = (name: string) => iamStatements.length === 0 || !givenByRole.has(name);
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      isNeeded(name) && value !== '' ? [[`${ofWorkers}${name}`, value]] : [],
    ),
  );
}
