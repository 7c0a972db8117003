import type { FleetFlag, FleetKind } from '@loadwright/core/fleet';

/** The kinds of fleets by name, each loaded when it is asked for. */
export type FleetKinds = Readonly<Record<string, FleetKind>>;

export function fleetKinds(kinds: readonly FleetKind[]): FleetKinds {
  return Object.fromEntries(kinds.map((one) => [one.kind, one]));
}

/** The flags of all kinds, those of several once. */
export function flagsOf(fleets: FleetKinds, of?: FleetFlag['of']): readonly FleetFlag[] {
  const flags = Object.values(fleets).flatMap((one) => one.flags);
  return [...new Map(flags.map((one) => [one.flag, one])).values()].filter(
    (one) => of === undefined || one.of === of,
  );
}

/** Names of kinds in order of the alphabet; those alone whose fleets last, or all. */
export function namesOf(fleets: FleetKinds, { lasting }: { readonly lasting: boolean }): string[] {
  return Object.values(fleets)
    .flatMap(({ kind, lasts }) => (lasts || !lasting ? [kind] : []))
    .sort();
}

/** The kind that examples name: the first whose fleets last. */
function exampleKind(fleets: FleetKinds): FleetKind | undefined {
  return Object.values(fleets).find(({ lasts }) => lasts);
}

/** `--fleet far --region north-1`, and what that is called. */
export function exampleOf(fleets: FleetKinds): { readonly flags: string; readonly title: string } {
  return { flags: named(fleets, ({ example = '' }) => example), title: exampleKind(fleets)?.title ?? '' };
}

/** `--fleet far --region <region>` */
export function patternOf(fleets: FleetKinds): string {
  return named(fleets, ({ value }) => `<${value}>`);
}

/** `--region <region>, --profile <profile>`: where else fleets may be. */
export function placesOf(fleets: FleetKinds): string {
  return flagsOf(fleets, 'place')
    .map(({ flag, value }) => `${flag} <${value}>`)
    .join(', ');
}

function named(fleets: FleetKinds, valueOf: (flag: FleetFlag) => string): string {
  const { kind = '<kind>', flags = [] } = exampleKind(fleets) ?? {};
  const places = flags.filter((one) => one.of === 'place' && one.example !== undefined);
  return [`--fleet ${kind}`, ...places.map((one) => `${one.flag} ${valueOf(one)}`)].join(' ');
}
