import type { CallOptions, DestroyOptions, FleetPlace, LastingFleets } from '@loadwright/core/fleet';
import { lookUpCaller } from '../account/caller.js';
import type { Aws } from '../clients.js';
import { ownerOf } from '../fleet-identity.js';
import type { SharedSettings } from '../fleet-settings.js';
import { changingAlone } from '../journal.js';
import type { FleetResources } from '../removal/fleet-resources.js';
import { introduceResource } from '../removal/inventory.js';
import { deployedFleets } from './deployed-fleets.js';
import { inventoryOf, removeEverything, withAws } from './existing.js';

/** What every kind of fleet on AWS does alike, once it is known of which resources it consists. */
export function lastingFleets(
  { aws: awsSettings, journals }: Pick<SharedSettings, 'aws' | 'journals'>,
  resources: FleetResources,
): Pick<LastingFleets, 'place' | 'list' | 'inventory' | 'destroy'> {
  const call = <Result>(signal: AbortSignal | undefined, use: (aws: Aws) => Promise<Result>) =>
    withAws(awsSettings, signal, use);
  return {
    place: ({ signal }: CallOptions = {}) => call(signal, (aws) => placeOf(aws)),
    list: () =>
      call(undefined, async (aws) => deployedFleets((await inventoryOf(aws, resources)).found, new Date())),
    inventory: (fleetId: string) =>
      call(undefined, async (aws) =>
        (await inventoryOf(aws, resources, fleetId)).found.map((found) => ({
          fleetId,
          resource: introduceResource(found),
        })),
      ),
    destroy: (fleetId: string, { signal, onProgress }: DestroyOptions = {}) =>
      call(signal, (aws) =>
        changingAlone(
          journals,
          { fleetId, say: (message) => onProgress?.(message), signal: aws.signal },
          () => removeEverything(aws, resources, journals, fleetId, onProgress),
        ),
      ),
  };
}

async function placeOf(aws: Aws): Promise<FleetPlace> {
  const { accountId, arn } = await lookUpCaller(aws);
  const { region, profile } = aws.settings;
  const named = profile === undefined ? '' : `, profile ${profile}`;
  return { description: `${region}, account ${accountId}${named}`, caller: ownerOf(arn) };
}
