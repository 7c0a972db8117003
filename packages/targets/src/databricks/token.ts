import { LoadwrightError, type ResolvedEnvironment, type TargetContext } from '@loadwright/core/target';
import type { DatabricksOptions } from './options.js';
import { credentialsOfProfile } from './profile.js';
import {
  authenticationOf,
  clientIdVariable,
  clientSecretVariable,
  credentialVariables,
  hostVariable,
  isSameHost,
  profileVariable,
  tokenVariable,
} from './variables.js';

type Chosen = Pick<
  DatabricksOptions,
  'authentication' | 'token' | 'clientId' | 'clientSecret' | 'profile' | 'baseUrl'
>;
type Environment = TargetContext['environment'];
/** By variable. */
type Found = Readonly<Partial<Record<string, string>>>;

/**
 * The credentials: the options, else the profile that the option names, else the variables, else the profile that
 * `DATABRICKS_CONFIG_PROFILE` names, else the profile `DEFAULT` if it is of this workspace.
 *
 * @throws `CREDENTIALS_INVALID` when there are none, when there are two kinds of them, or when one cannot be sent.
 */
export async function resolveCredentials(
  options: Chosen,
  { environment }: Pick<TargetContext, 'environment'>,
): Promise<ResolvedEnvironment> {
  const places = [
    () => choose(fromOptions(options, environment), options),
    () => options.profile && choose(credentialsOfProfile(options.profile, options, environment), options),
    () => choose(fromVariables(options, environment), options),
    () => {
      const profile = environment[profileVariable] || undefined;
      return choose(credentialsOfProfile(profile, options, environment), options);
    },
  ];
  for (const find of places) {
    const variables = find();
    if (!variables) continue;
    for (const [name, value] of Object.entries(variables)) checkCharacters(name, value);
    return { variables };
  }
  throw missing(options);
}

/** A secret may be in a variable though the client id, which is none, is in the configuration. */
function fromOptions(options: Chosen, environment: Environment): Found {
  const { token, clientId, clientSecret } = options;
  if (token !== undefined) return { [tokenVariable]: token };
  if (clientId === undefined && clientSecret === undefined) return {};
  return {
    [clientIdVariable]: clientId ?? environment[clientIdVariable]?.trim(),
    [clientSecretVariable]: clientSecret ?? environment[clientSecretVariable]?.trim(),
  };
}

function fromVariables({ baseUrl }: Chosen, environment: Environment): Found {
  const found = Object.fromEntries(credentialVariables.map((name) => [name, environment[name]?.trim()]));
  const host = environment[hostVariable]?.trim();
  if (credentialVariables.some((name) => found[name]) && host && !isSameHost(host, baseUrl)) {
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      `${hostVariable} is ${host}, and baseUrl is ${baseUrl}: the credentials are of another workspace.`,
      { hint: `Set the variables of the workspace that is tested, or unset ${hostVariable}.` },
    );
  }
  return found;
}

/** Those of one kind. Undefined: they are not there, or not all of them. */
function choose(found: Found, options: Chosen): Record<string, string> | undefined {
  const { [tokenVariable]: token, [clientIdVariable]: id, [clientSecretVariable]: secret } = found;
  const oauth = id && secret ? { [clientIdVariable]: id, [clientSecretVariable]: secret } : undefined;
  const byToken = token ? { [tokenVariable]: token } : undefined;
  const authentication = authenticationOf(options);
  if (authentication !== undefined) return authentication === 'oauth' ? oauth : byToken;
  if (byToken && oauth) {
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      `There are both ${tokenVariable} and ${clientIdVariable}: one of them is not meant.`,
      { hint: "Say which with the option authentication: 'token' or 'oauth'." },
    );
  }
  return oauth ?? byToken;
}

function missing(options: Chosen): LoadwrightError {
  const token =
    `the variable ${tokenVariable}, or the option token, to an access token (in the workspace: Settings, ` +
    'Developer, Access tokens)';
  const client =
    `the variables ${clientIdVariable} and ${clientSecretVariable}, or the options clientId and clientSecret, to an ` +
    'OAuth secret of a service principal';
  const either = `${client}, which a route-optimised endpoint or a long run needs; or ${token}`;
  const authentication = authenticationOf(options);
  const what = authentication === undefined ? either : authentication === 'oauth' ? client : token;
  return new LoadwrightError(
    'CREDENTIALS_INVALID',
    'There are no credentials for the Databricks workspace.',
    {
      hint: `Set ${what}. They need the permission CAN QUERY on the endpoint. A profile of ~/.databrickscfg will do too.`,
    },
  );
}

function checkCharacters(name: string, value: string): void {
  if (/^[\x21-\x7e]+$/.test(value)) return;
  throw new LoadwrightError(
    'CREDENTIALS_INVALID',
    `The variable ${name} holds spaces, line breaks or characters that no credential of Databricks has.`,
    { hint: 'Set it to the value alone, without quotation marks; a token usually begins with dapi.' },
  );
}
