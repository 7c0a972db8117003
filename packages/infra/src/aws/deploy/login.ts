import { randomBytes } from 'node:crypto';
import { paginateGetParametersByPath } from '@aws-sdk/client-ssm';
import { LoadwrightError, type MasterLogin } from '@loadwright/core/fleet';
import type { Access } from '../access.js';
import type { Aws } from '../clients.js';
import { parameters } from '../kinds/parameters.js';
import { certificateParameter, parameterPrefix } from '../fleet-identity.js';

const names = {
  username: 'master/LOADWRIGHT_UI_USERNAME',
  password: 'master/LOADWRIGHT_UI_PASSWORD',
} as const;

/** Begins the names of the variables of the workers. */
export const ofWorkers = 'worker/';

/** The parameter by which master and workers on several machines know each other. */
export const fleetTokenParameter = 'fleet/LOADWRIGHT_FLEET_TOKEN';

/** A new token for it, of 256 random bits. */
function createFleetToken(): string {
  return randomBytes(32).toString('hex');
}

/** A new login, of which the password has 192 random bits. */
function createLogin(): MasterLogin {
  return { username: 'loadwright', password: randomBytes(24).toString('base64url') };
}

/** The login as parameters of the fleet. */
export function loginParameters({ username, password }: MasterLogin): Record<string, string> {
  return { [names.username]: username, [names.password]: password };
}

/** What the parameter of a certificate holds until its machine has made it. */
const pendingCertificate = 'pending';

/**
 * The parameters that a new fleet has whatever its target is: a login; what its machines know each other by, if there are several; and
 * the place for the certificate of an encrypted web UI: its machine writes it there, and has no other.
 */
export function ownParameters({
  access,
  sharesToken,
}: {
  readonly access: Access;
  readonly sharesToken: boolean;
}): Record<string, string> {
  return {
    ...loginParameters(createLogin()),
    ...(sharesToken && { [fleetTokenParameter]: createFleetToken() }),
    ...(access === 'https' && { [certificateParameter]: pendingCertificate }),
  };
}

/** What the parameters of a fleet hold. */
export interface FleetSecrets {
  readonly login: MasterLogin;
  /** The secrets of its workers, and the token that its machines share. */
  readonly secrets: readonly string[];
  /** The same by the name of their parameter below the prefix of the fleet. */
  readonly ofWorkers: Readonly<Record<string, string>>;
  /** What each parameter of the fleet holds, by the same names. */
  readonly values: Readonly<Record<string, string>>;
  /** The certificate of its web UI, as PEM; empty while its machine has not made it, undefined when it makes none. */
  readonly certificate: string | undefined;
}

/**
 * The secrets of a fleet; undefined without a login, or while any of `wanted` is not seen.
 *
 * @param wanted Names of parameters that must be among them.
 * @param prefix Begins their names; by default as this caller would make them.
 */
export async function findSecrets(
  aws: Aws,
  fleetId: string,
  wanted: readonly string[] = [],
  prefix: string = parameterPrefix(aws.fleet(fleetId), aws.settings.owner),
): Promise<FleetSecrets | undefined> {
  const found = new Map<string, string>();
  const pages = paginateGetParametersByPath(
    { client: aws.ssm },
    { Path: prefix.replace(/\/$/, ''), Recursive: true, WithDecryption: true },
  );
  for await (const { Parameters = [] } of pages) {
    for (const { Name = '', Value = '' } of Parameters) found.set(Name.slice(prefix.length), Value);
  }
  const [username, password] = [found.get(names.username), found.get(names.password)];
  if (username === undefined || password === undefined || !wanted.every((name) => found.has(name)))
    return undefined;
  const certificate = found.get(certificateParameter);
  const token = found.get(fleetTokenParameter);
  const own = [...found].filter(([name]) => name.startsWith(ofWorkers));
  return {
    login: { username, password },
    secrets: [...own.map(([, value]) => value), ...(token === undefined ? [] : [token])],
    ofWorkers: Object.fromEntries(own),
    values: Object.fromEntries(found),
    certificate: certificate === pendingCertificate ? '' : certificate,
  };
}

/** How to ask for the certificate that the machine of a new fleet makes; nothing where it makes none. */
export function certificateAsked(
  aws: Aws,
  fleetId: string,
  access: Access,
): { readonly certificate?: () => Promise<string | undefined> } {
  return access === 'https'
    ? { certificate: async () => (await findSecrets(aws, fleetId))?.certificate }
    : {};
}

/**
 * How the web UI of a fleet is reached that was deployed, and its certificate. Whoever can change a tag must not get a login in clear
 * text by it: where there is a certificate, it is asked for.
 */
export function pinnedAccess(
  tagged: Access,
  { certificate }: FleetSecrets,
): { readonly access: Access; readonly certificate: string | undefined } {
  const access = tagged === 'http' && certificate !== undefined ? 'https' : tagged;
  return { access, certificate: access === 'https' ? (certificate ?? '') : undefined };
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when there is no login. */
export async function readSecrets(aws: Aws, fleetId: string): Promise<FleetSecrets> {
  const secrets = await findSecrets(aws, fleetId, [], await prefixOf(aws, fleetId));
  if (secrets) return secrets;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The login of fleet ${fleetId} is gone from the Parameter Store.`,
    {
      hint: 'Part of the fleet was removed. Remove the rest.',
      next: [{ action: 'destroy-fleet', fleetId }],
    },
  );
}

/** Whose a fleet is, its parameters tell: this caller may have no configuration, or that of another owner. */
async function prefixOf(aws: Aws, fleetId: string): Promise<string | undefined> {
  return (await parameters.find(aws, { fleetId }))[0]?.id;
}
