import { LoadwrightError } from '../errors.js';
import { z } from 'zod';
import type { DeployedFleet, Fleet } from './contract.js';

/** A name that people give a fleet, beside its id. */
export const fleetNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/,
    'must be 1 to 40 letters, digits and hyphens, and not begin with a hyphen',
  )
  .refine((name) => !isFleetId(name), 'must not have the form of a fleet id');

/** Has a text the form of a whole id? See `createFleetId`. */
export function isFleetId(text: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-f]{10}$/.test(text);
}

/** Does a fleet hold its name? One that is over gives it back, although something of it is left. */
export function holdsName({ state }: Pick<DeployedFleet, 'state'>): boolean {
  return state !== 'expired' && state !== 'orphaned';
}

/** The fleets of a name; of several those alone that still hold it. */
export function fleetsNamed(fleets: readonly DeployedFleet[], name: string): readonly DeployedFleet[] {
  const named = fleets.filter((one) => one.name === name);
  const holding = named.filter(holdsName);
  return holding.length > 0 ? holding : named;
}

/**
 * The id of a fleet that is given by its id or its name.
 *
 * @returns the same text for an id, and where no fleet has that name.
 * @throws LoadwrightError `CONFIG_INVALID` when several fleets have it.
 */
export async function fleetIdOf(fleet: Fleet, reference: string): Promise<string> {
  if (isFleetId(reference) || !fleet.lasting) return reference;
  const named = fleetsNamed(await fleet.lasting.list(), reference);
  const [one, ...others] = named.map(({ fleetId }) => fleetId);
  if (others.length === 0) return one ?? reference;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet: ${named.length} fleets are called "${reference}", which somebody else may have made`,
    { hint: `Use an id: ${[one, ...others].join(', ')}.` },
  );
}
