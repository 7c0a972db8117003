import type { EnvironmentVariable } from '@loadwright/core/target';
import type { DatabricksOptions } from './options.js';

/** The names that Databricks' own tools use. */
export const tokenVariable = 'DATABRICKS_TOKEN';
export const clientIdVariable = 'DATABRICKS_CLIENT_ID';
export const clientSecretVariable = 'DATABRICKS_CLIENT_SECRET';

export const credentialVariables = [tokenVariable, clientIdVariable, clientSecretVariable];
export const hostVariable = 'DATABRICKS_HOST';
export const profileVariable = 'DATABRICKS_CONFIG_PROFILE';

/** How requests are authorised. Undefined: by what there is. */
export function authenticationOf({
  authentication,
  token,
  clientId,
  clientSecret,
}: Pick<DatabricksOptions, 'authentication' | 'token' | 'clientId' | 'clientSecret'>) {
  if (authentication !== undefined) return authentication;
  if (token !== undefined) return 'token';
  return clientId === undefined && clientSecret === undefined ? undefined : 'oauth';
}

/** The variables of every node: those of one way, or of both where either will do. */
export function databricksVariables(options: DatabricksOptions): EnvironmentVariable[] {
  const authentication = authenticationOf(options);
  const required = authentication !== undefined;
  const token: EnvironmentVariable = {
    name: tokenVariable,
    secret: true,
    required,
    description: `access token with CAN QUERY on the endpoint${required ? '' : `, unless there is ${clientIdVariable}`}`,
  };
  const client: EnvironmentVariable[] = [
    {
      name: clientIdVariable,
      secret: false,
      required,
      description: 'client id (application id) of a service principal with CAN QUERY on the endpoint',
    },
    {
      name: clientSecretVariable,
      secret: true,
      required,
      description: `OAuth secret that belongs to ${clientIdVariable}: every worker asks for tokens and renews them`,
    },
  ];
  if (authentication === undefined) return [token, ...client];
  return authentication === 'oauth' ? client : [token];
}

/** Whether a host, with or without its scheme, is that of a URL. */
export function isSameHost(host: string, url: string): boolean {
  const whole = withScheme(host);
  return URL.canParse(whole) && new URL(whole).host === new URL(url).host;
}

/** A host as Databricks' tools write it: the scheme may be left out. */
export function withScheme(host: string): string {
  return /^[a-z]+:\/\//i.test(host) ? host : `https://${host}`;
}
