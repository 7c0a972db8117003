import { digestWithoutLoad, type ProvisionRequest } from '@loadwright/core/fleet';
import { all } from '../../aws/all.js';
import { ensure, type Step } from '../../aws/ensure.js';
import { findBoundary } from '../../aws/account/boundary.js';
import { bucket } from '../../aws/kinds/bucket.js';
import { instanceProfile } from '../../aws/kinds/instance-profile.js';
import { instance } from '../../aws/kinds/instance.js';
import { role } from '../../aws/kinds/role.js';
import { securityGroup } from '../../aws/kinds/security-group.js';
import { machineStatements } from '../permissions/machine.js';
import { makesRoles } from '../permissions/table.js';
import {
  bucketName,
  certificateParameter,
  parameterPrefix,
  type FleetIdentity,
} from '../../aws/fleet-identity.js';
import { makeEndRole, scheduleEnd } from '../../aws/deploy/end-from-outside.js';
import type { Deployment } from './deployment.js';
import { factTags } from '../../aws/fleets/facts.js';
import { ownParameters } from '../../aws/deploy/login.js';
import { ensureParameters, workerParameters } from '../../aws/deploy/secrets.js';
import { groupParameters } from '../../aws/deploy/group.js';
import { userData } from '../machine/user-data.js';

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
    ...ownParameters(settings),
    ...workerParameters(request),
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
