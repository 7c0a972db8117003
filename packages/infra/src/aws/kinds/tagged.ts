import type { Aws } from '../clients.js';
import type { FoundResource } from '../kind.js';
import { leftToOtherVersion, partTag, readOwnTags, type AnyTag } from '../fleet-identity.js';

/**
 * What the tags of a resource say of it, and why it stays if another version of Loadwright has made it.
 *
 * @returns nothing for a resource of a fleet of another kind
 */
export function taggedResource(
  { settings }: Aws,
  list: readonly AnyTag[] | undefined,
): readonly Pick<FoundResource, 'fleetId' | 'part' | 'tags' | 'otherVersion' | 'stays'>[] {
  const { fleetKind, fleetId, tags, otherVersion } = readOwnTags(list);
  if (fleetKind !== settings.fleetKind) return [];
  const stays = otherVersion && leftToOtherVersion[otherVersion];
  return [{ fleetId, part: tags[partTag], tags, otherVersion, stays }];
}
