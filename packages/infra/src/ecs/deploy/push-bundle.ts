import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { isLoadwrightError, LoadwrightError, type ProvisionRequest } from '@loadwright/core/fleet';
import type { Architecture } from '../../aws/account/machine.js';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { ensureSharedRepository, hasRepository } from '../../aws/kinds/image-tag.js';
import { requireBase } from '../../image/push.js';
import { pushImage, type Platform } from '../../image/index.js';
import type { EcsFleetSettings } from '../settings.js';

const platforms: Readonly<Record<Architecture, Platform>> = { x86_64: 'linux/amd64', arm64: 'linux/arm64' };

/**
 * Puts the bundle of a fleet into ECR, as one layer on Locust's image; what is there is not sent.
 *
 * @returns the image by its digest
 */
export async function pushBundle(
  aws: Aws,
  settings: EcsFleetSettings,
  request: ProvisionRequest,
  architecture: Architecture,
): Promise<string> {
  await requireRepository(aws, settings);
  const { host, password } = await logIn(aws);
  const { reference } = await pushImage({
    bundle: request.bundle,
    to: `${host}/${settings.repository}`,
    ...(settings.containerImage !== undefined && { base: settings.containerImage }),
    platform: platforms[architecture],
    // By it the fleet is found again, and the image is kept for as long as it is deployed.
    tags: [nameOf(aws.fleet(request.fleetId))],
    credentials: { username: 'AWS', password },
    environment: settings.environment,
    signal: aws.signal,
    onProgress: (progress) => {
      if (progress.step === 'pause') request.onProgress(progress.message);
    },
  });
  return reference;
}

/**
 * Looks whether the image below the bundle is there for those processors, before anything is made. That of Locust is, for x86_64.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when it is not.
 */
export async function requireBaseImage(
  aws: Aws,
  { containerImage, repository, environment, launchType }: EcsFleetSettings,
  architecture: Architecture,
): Promise<void> {
  if (containerImage === undefined && architecture === 'x86_64') return;
  const platform = platforms[architecture];
  const { host, password } = await logIn(aws);
  try {
    await requireBase({
      to: `${host}/${repository}`,
      ...(containerImage !== undefined && { base: containerImage }),
      platform,
      credentials: { username: 'AWS', password },
      environment,
      signal: aws.signal,
    });
  } catch (error) {
    if (!isLoadwrightError(error) || error.code !== 'CONFIG_INVALID') throw error;
    const other =
      launchType === 'fargate' ? 'another cpuArchitecture' : 'an instanceType of another processor';
    throw new LoadwrightError('CONFIG_INVALID', `fleet.containerImage: ${error.message}`, {
      hint: `Use an image that is there for ${platform}, or ${other}.`,
      cause: error,
    });
  }
}

/** @throws LoadwrightError `CONFIG_INVALID` when there is no repository of that name. */
async function requireRepository(aws: Aws, { repository, isOwnRepository }: EcsFleetSettings): Promise<void> {
  if (!isOwnRepository) return ensureSharedRepository(aws);
  if (await hasRepository(aws, repository)) return;
  throw noRepository(aws, repository);
}

export function noRepository(aws: Aws, name: string): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.repository: found ${name}, which does not exist in ${aws.settings.region}`,
    { hint: `Create it, or leave the option repository out for one that all fleets share.` },
  );
}

/** ECR gives a password for 12 hours: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html */
async function logIn(aws: Aws): Promise<{ readonly host: string; readonly password: string }> {
  const { authorizationData = [] } = await aws.ecr.send(new GetAuthorizationTokenCommand({}));
  const { authorizationToken = '', proxyEndpoint = '' } = authorizationData[0] ?? {};
  const [, password = ''] = /^AWS:(.+)$/s.exec(Buffer.from(authorizationToken, 'base64').toString()) ?? [];
  if (password === '' || !URL.canParse(proxyEndpoint)) {
    throw new LoadwrightError('PROVISIONING_FAILED', 'ECR gave no login for its registry.', {
      retryable: true,
    });
  }
  return { host: new URL(proxyEndpoint).host, password };
}
