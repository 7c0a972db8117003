import { LoadwrightError, type FleetRequest, type ProvisionRequest } from '@loadwright/core/fleet';
import { ensure, type Step } from '../ensure.js';
import { overwriteParameters, parameters } from '../kinds/parameters.js';
import { poll } from '../poll.js';
import { findSecrets, ofWorkers, ownParameters, readSecrets, type FleetSecrets } from './login.js';

/** What the role of the machine gives: the caller's own credentials stay where they are. */
const givenByRole = new Set(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);

/** Does a variable of the workers become a parameter of the fleet? */
function isKept(name: string, { iamStatements }: Pick<FleetRequest, 'iamStatements'>): boolean {
  return iamStatements.length === 0 || !givenByRole.has(name);
}

/** The variables of the workers as parameters of the fleet. */
export function workerParameters(request: ProvisionRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.environment).flatMap(([name, value]) =>
      isKept(name, request) && value !== '' ? [[`${ofWorkers}${name}`, value]] : [],
    ),
  );
}

/** How many parameters a new fleet has at most: of the variables that its target may set, all are counted. */
export function countParameters(
  request: FleetRequest,
  settings: Parameters<typeof ownParameters>[0],
): number {
  const { variables = [] } = request;
  return (
    Object.keys(ownParameters(settings)).length + variables.filter((name) => isKept(name, request)).length
  );
}

/**
 * The login stays as an earlier attempt wrote it. A secret of the workers that has changed since is written anew, unless
 * the machine has read it already; and all are while there is no machine, because its time begins now.
 *
 * @returns what the machine will have, or has
 * @throws LoadwrightError `CONFIG_INVALID` when an existing machine would continue with another secret.
 */
export async function ensureParameters(
  step: Step,
  values: Record<string, string>,
  existing: string | undefined,
): Promise<FleetSecrets> {
  const { aws, fleet } = step;
  const earlier = existing === undefined ? undefined : await findSecrets(aws, fleet.fleetId);
  if (existing !== undefined && earlier) requireSameSecrets(existing, fleet.fleetId, values, earlier);
  const present = new Set<string>();
  await ensure(step, parameters, { values, onPresent: (name) => present.add(name) });
  const wanted = Object.keys(values);
  const secrets = await poll(aws, 'propagation', () => findSecrets(aws, fleet.fleetId, wanted));
  const found = secrets ?? (await readSecrets(aws, fleet.fleetId));
  const changed = Object.fromEntries(changedSecrets(values, found).map((name) => [name, values[name] ?? '']));
  const stale =
    existing === undefined ? Object.entries(found.values).filter(([name]) => present.has(name)) : [];
  await overwriteParameters(aws, fleet, { ...Object.fromEntries(stale), ...changed });
  if (Object.keys(changed).length === 0) return found;
  const all = { ...found.ofWorkers, ...changed };
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
