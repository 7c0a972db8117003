import { LoadwrightError } from '@loadwright/core';

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
  readonly access: 'public' | 'session-manager';
  readonly uiPort: number;
  /** What its nodes run, see `digestWithoutLoad`; undefined when its tag is gone. */
  readonly bundleDigest: string | undefined;
}

/** The price of a machine in US dollars an hour, which its tags tell from any machine; undefined when none was known. */
export function readPrice(tags: Readonly<Record<string, string>>): number | undefined {
  const price = Number.parseFloat(tags[keys.price] ?? '');
  return Number.isFinite(price) ? price : undefined;
}

/**
 * Facts as tags of the machine.
 *
 * @param pricePerHour US dollars an hour; undefined when it is not known.
 */
export function factTags(
  { workers, access, uiPort, bundleDigest }: FleetFacts,
  pricePerHour: number | undefined,
): Record<string, string> {
  return {
    [keys.workers]: String(workers),
    [keys.ui]: `${access}:${uiPort}`,
    ...(bundleDigest !== undefined && { [keys.bundle]: bundleDigest }),
    ...(pricePerHour !== undefined && { [keys.price]: String(pricePerHour) }),
  };
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when somebody changed them. */
export function readFacts(runId: string, tags: Readonly<Record<string, string>>): FleetFacts {
  const [, access, port] = /^(public|session-manager):(\d+)$/.exec(tags[keys.ui] ?? '') ?? [];
  const workers = Number(tags[keys.workers]);
  if (access === undefined || !Number.isInteger(workers)) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The machine of run ${runId} lacks the tags ${keys.workers} and ${keys.ui}.`,
      { hint: `Somebody changed its tags. Remove it: loadwright destroy ${runId}` },
    );
  }
  return {
    workers,
    access: access as FleetFacts['access'],
    uiPort: Number(port),
    bundleDigest: tags[keys.bundle],
  };
}
