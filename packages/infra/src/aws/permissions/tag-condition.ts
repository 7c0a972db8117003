import type { JsonObject } from '@loadwright/core/fleet';
import { tagKeys, type FleetName } from '../fleet-identity.js';

/** In place of a fleet id: all fleets of a kind. */
export const anyFleet = '*';

/** That a resource has the tag of a fleet, or that of its kind where it may be any, or is to get it. */
export function tagCondition(
  key: 'aws:ResourceTag' | 'aws:RequestTag' | 'ssm:resourceTag',
  { fleetKind, fleetId }: FleetName,
): JsonObject {
  const [tag, value] = fleetId === anyFleet ? [tagKeys.kind, fleetKind] : [tagKeys.fleetId, fleetId];
  return { StringEquals: { [`${key}/${tag}`]: value } };
}
