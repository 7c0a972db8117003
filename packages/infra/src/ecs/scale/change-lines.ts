import { LoadwrightError } from '@loadwright/core/fleet';
import { tagKeys } from '../../aws/fleet-identity.js';
import { changedPriceTags, readPrice, spentUntil } from '../../aws/fleets/facts.js';
import { taggedAs, type HourlyPrice } from '../../aws/plan/hourly-price.js';

/** The most machines, or tasks, of workers that a fleet is made with, see its options. */
const mostMachines = 500;

/**
 * How many machines, or tasks, so many workers need.
 *
 * @param workers Processes of Locust, as somebody asked for them.
 * @param processes On each.
 * @param where Names them in the message: `on each of`, `machines`.
 * @throws LoadwrightError `CONFIG_INVALID` for a number that a fleet cannot have.
 */
export function neededFor(workers: number, processes: number, where: readonly [string, string]): number {
  const needed = Math.ceil(workers / processes);
  if (Number.isInteger(workers) && workers >= 1 && needed <= mostMachines) return needed;
  const [on, things] = where;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `workers: found ${workers}, expected 1 to ${mostMachines * processes}: ${processes} ${on} at most ${mostMachines} ${things}`,
    { hint: 'Choose a number in between, or deploy another fleet.', next: [{ action: 'deploy-fleet' }] },
  );
}

type Tags = Readonly<Record<string, string>>;

/** When a fleet ends by itself, as its tags tell. */
export function endOf(tags: Tags): string {
  const at = tags[tagKeys.expiresAt] ?? '';
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Tags for what a fleet costs from now on, and has cost until now; none where no price was known. */
export function priceTags(tags: Tags, price: HourlyPrice): Record<string, string> {
  const before = readPrice(tags);
  if (!before) return {};
  const after = taggedAs(price);
  const since = new Date(tags[tagKeys.createdAt] ?? 0);
  return changedPriceTags(after, spentUntil(tags, before, { since, at: new Date() }));
}
