import { LoadwrightError } from '@loadwright/core/fleet';
import type { Access } from '../access.js';

/** Tags by which a fleet is found again from any machine. */
const keys = {
  workers: 'loadwright:workers',
  ui: 'loadwright:ui',
  price: 'loadwright:price-per-hour',
  spent: 'loadwright:spent',
  bundle: 'loadwright:bundle',
} as const;

/** Those that another number of workers changes. */
export const changingFacts: readonly string[] = [keys.workers, keys.price, keys.spent];

/** What `attach` must know of a fleet. */
export interface FleetFacts {
  readonly workers: number;
  /** How the web UI is reached. */
  readonly access: Access;
  readonly uiPort: number;
  /** What its nodes run, see `digestWithoutLoad`; undefined when its tag is gone. */
  readonly bundleDigest: string | undefined;
}

/** What a machine costs an hour. */
export interface TaggedPrice {
  /** US dollars of all that has a price that is known. */
  readonly usDollars: number;
  readonly isIncomplete: boolean;
}

/** What a fleet had cost when its price changed. */
export interface Spent {
  readonly usDollars: number;
  readonly at: Date;
}

/** What a fleet has cost until `at`, as its tags tell. */
export function spentUntil(
  tags: Readonly<Record<string, string>>,
  { usDollars }: Pick<TaggedPrice, 'usDollars'>,
  { since, at }: { readonly since: Date; readonly at: Date },
): Spent {
  const [, before, time] = /^(\d+(?:\.\d+)?(?:e-\d+)?) (\S+)$/.exec(tags[keys.spent] ?? '') ?? [];
  const changedAt = time === undefined ? since : new Date(time);
  const hours = Math.max(0, at.getTime() - changedAt.getTime()) / 3_600_000;
  return { usDollars: Number(before ?? 0) + hours * usDollars, at };
}

/** A price that changes, as tags of the machine, and what was spent until then. */
export function changedPriceTags(price: TaggedPrice, { usDollars, at }: Spent): Record<string, string> {
  return { ...priceTag(price), [keys.spent]: `${usDollars} ${at.toISOString()}` };
}

/** A price that is not complete ends with a plus; without one that is known there is no tag. */
function priceTag({ usDollars, isIncomplete }: TaggedPrice): Record<string, string> {
  return usDollars > 0 ? { [keys.price]: `${usDollars}${isIncomplete ? '+' : ''}` } : {};
}

/** The number of workers as a tag of the machine. */
export function workersTag(workers: number): Record<string, string> {
  return { [keys.workers]: String(workers) };
}

/** The number of workers that a machine's tags tell; undefined when they tell none. */
export function taggedWorkers(tags: Readonly<Record<string, string>>): number | undefined {
  const workers = Number(tags[keys.workers]);
  return Number.isInteger(workers) ? workers : undefined;
}

/** The price of a machine, which its tags tell from any machine; undefined when none was known. */
export function readPrice(tags: Readonly<Record<string, string>>): TaggedPrice | undefined {
  const [, price, more] = /^(\d+(?:\.\d+)?(?:e-\d+)?)(\+?)$/.exec(tags[keys.price] ?? '') ?? [];
  return price === undefined ? undefined : { usDollars: Number(price), isIncomplete: more === '+' };
}

/** Facts as tags of the machine. */
export function factTags(
  { workers, access, uiPort, bundleDigest }: FleetFacts,
  price: TaggedPrice,
): Record<string, string> {
  return {
    ...workersTag(workers),
    [keys.ui]: `${access}:${uiPort}`,
    ...(bundleDigest !== undefined && { [keys.bundle]: bundleDigest }),
    ...priceTag(price),
  };
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when somebody changed them. */
export function readFacts(fleetId: string, tags: Readonly<Record<string, string>>): FleetFacts {
  const [, access, port] = /^(session-manager|https|http):(\d+)$/.exec(tags[keys.ui] ?? '') ?? [];
  const workers = taggedWorkers(tags);
  if (access === undefined || workers === undefined) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The machine of fleet ${fleetId} lacks the tags ${keys.workers} and ${keys.ui}.`,
      { hint: 'Somebody changed its tags. Remove the fleet.', next: [{ action: 'destroy-fleet', fleetId }] },
    );
  }
  return {
    workers,
    access: access as Access,
    uiPort: Number(port),
    bundleDigest: tags[keys.bundle],
  };
}
