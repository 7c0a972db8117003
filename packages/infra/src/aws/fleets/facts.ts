import { LoadwrightError } from '@loadwright/core/fleet';
import type { Access } from '../access.js';

/** Tags by which a fleet is found again from any machine. */
const keys = {
  workers: 'loadwright:workers',
  ui: 'loadwright:ui',
  price: 'loadwright:price-per-hour',
  bundle: 'loadwright:bundle',
} as const;

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

/** The price of a machine, which its tags tell from any machine; undefined when none was known. */
export function readPrice(tags: Readonly<Record<string, string>>): TaggedPrice | undefined {
  const [, price, more] = /^(\d+(?:\.\d+)?(?:e-\d+)?)(\+?)$/.exec(tags[keys.price] ?? '') ?? [];
  return price === undefined ? undefined : { usDollars: Number(price), isIncomplete: more === '+' };
}

/** Facts as tags of the machine. A price that is not complete ends with a plus. */
export function factTags(
  { workers, access, uiPort, bundleDigest }: FleetFacts,
  { usDollars, isIncomplete }: TaggedPrice,
): Record<string, string> {
  return {
    [keys.workers]: String(workers),
    [keys.ui]: `${access}:${uiPort}`,
    ...(bundleDigest !== undefined && { [keys.bundle]: bundleDigest }),
    ...(usDollars > 0 && { [keys.price]: `${usDollars}${isIncomplete ? '+' : ''}` }),
  };
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when somebody changed them. */
export function readFacts(fleetId: string, tags: Readonly<Record<string, string>>): FleetFacts {
  const [, access, port] = /^(session-manager|https|http):(\d+)$/.exec(tags[keys.ui] ?? '') ?? [];
  const workers = Number(tags[keys.workers]);
  if (access === undefined || !Number.isInteger(workers)) {
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
