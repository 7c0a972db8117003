import { fleetsNamed, holdsName, LoadwrightError, type FleetRequest } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { ownerOf } from '../fleet-identity.js';
import { kindsOf, type FleetResources } from '../removal/fleet-resources.js';
import { takeInventory } from '../removal/inventory.js';
import { deployedFleets } from './deployed-fleets.js';

/**
 * Among the fleets of one owner in a region that are not over, a name means one.
 *
 * @param arn of the caller
 * @throws LoadwrightError `CONFIG_INVALID` with the id of the fleet that has the name.
 */
export async function requireFreeName(
  aws: Aws,
  resources: FleetResources,
  { fleetId, name }: Pick<FleetRequest, 'fleetId' | 'name'>,
  arn: string,
): Promise<void> {
  if (name === undefined) return;
  const { found } = await takeInventory(aws, kindsOf(resources), {});
  const other = fleetsNamed(deployedFleets(found, new Date()), name).find(
    (one) => holdsName(one) && one.owner === ownerOf(arn) && one.fleetId !== fleetId,
  );
  if (!other) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `name: fleet ${other.fleetId} of yours in ${aws.settings.region} is called "${name}" already`,
    {
      hint: 'Choose another name, or remove that fleet.',
      next: [{ action: 'destroy-fleet', fleetId: other.fleetId }],
    },
  );
}
