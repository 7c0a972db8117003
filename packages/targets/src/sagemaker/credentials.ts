import { serveCredentials, type Provider } from './credential-server.js';
import {
  isLoadwrightError,
  LoadwrightError,
  type EnvironmentVariable,
  type ResolvedEnvironment,
  type TargetContext,
} from '@loadwright/core/target';

/** Options that say which credentials to use. */
export interface AwsCredentialOptions {
  readonly region: string;
  readonly profile?: string | undefined;
  readonly credentials?: Credentials | undefined;
}

export const sagemakerVariables: readonly EnvironmentVariable[] = [
  {
    name: 'AWS_ACCESS_KEY_ID',
    secret: true,
    required: true,
    description: 'access key id of credentials that may call sagemaker:InvokeEndpoint',
  },
  {
    name: 'AWS_SECRET_ACCESS_KEY',
    secret: true,
    required: true,
    description: 'secret access key that belongs to AWS_ACCESS_KEY_ID',
  },
  {
    name: 'AWS_SESSION_TOKEN',
    secret: true,
    required: false,
    description: 'session token, when the credentials are temporary (profile with a role, SSO, STS)',
  },
];

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/**
 * Finds credentials in the SDK's order: the option `credentials`, a profile (option or variable), the variables, and
 * then the rest of the chain: web identity, container and instance roles.
 *
 * @throws `CREDENTIALS_INVALID` when there are none.
 */
export async function resolveSagemakerEnvironment(
  options: AwsCredentialOptions,
  context: TargetContext,
): Promise<ResolvedEnvironment> {
  const given = options.credentials ?? fromVariables(options, context.environment);
  const { credentials, provider }: { credentials: Credentials; provider?: Provider } = given
    ? { credentials: given }
    : await fromChain(options, context);
  return {
    variables: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken ? { AWS_SESSION_TOKEN: credentials.sessionToken } : {}),
    },
    ...('expiration' in credentials && credentials.expiration ? { expiresAt: credentials.expiration } : {}),
    ...(provider && credentials.expiration && { serve: () => serveCredentials(provider, credentials) }),
  };
}

/** The SDK prefers a profile over the variables, so these count only when no profile is chosen. */
function fromVariables(
  options: AwsCredentialOptions,
  environment: TargetContext['environment'],
): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (options.profile ?? environment['AWS_PROFILE']) return undefined;
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  const expiration = environment['AWS_CREDENTIAL_EXPIRATION'];
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    ...(expiration ? { expiration: new Date(expiration) } : {}),
  };
}

async function fromChain(
  options: AwsCredentialOptions,
  { environment, signal }: TargetContext,
): Promise<{ credentials: Credentials; provider: Provider }> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const profile = options.profile ?? environment['AWS_PROFILE'];
  // The chain reads process.env. What can be handed over is, so that the given environment counts; the variables of
  // container and instance roles can come from the process alone.
  const settings = {
    profile: profile || undefined,
    filepath: environment['AWS_SHARED_CREDENTIALS_FILE'],
    configFilepath: environment['AWS_CONFIG_FILE'],
    roleArn: environment['AWS_ROLE_ARN'],
    webIdentityTokenFile: environment['AWS_WEB_IDENTITY_TOKEN_FILE'],
    clientConfig: { region: options.region },
    // Of the instance metadata service, which does not exist outside AWS: milliseconds.
    timeout: 1000,
    maxRetries: 0,
  };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  try {
    const provider = fromNodeProviderChain(given) as Provider;
    return { credentials: await untilAborted(provider(), signal), provider };
  } catch (error) {
    if (isLoadwrightError(error)) throw error;
    throw new LoadwrightError('CREDENTIALS_INVALID', missingMessage(profile, environment), {
      hint:
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN when they are temporary), or ' +
        'choose a profile with the option profile or the variable AWS_PROFILE (aws configure, aws sso login).',
      cause: error,
    });
  }
}

function missingMessage(profile: string | undefined, environment: TargetContext['environment']): string {
  if (profile) return `The AWS profile "${profile}" gives no credentials.`;
  const missing = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter((name) => !environment[name]);
  return `There are no AWS credentials: ${missing.join(' and ')} not set, and no profile or role gives any.`;
}

/** The chain knows no abort signal; whoever waits for it must not be held by a slow link. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new LoadwrightError('ABORTED', 'Stopped while looking for AWS credentials.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
