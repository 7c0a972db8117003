import { LoadwrightError } from '@loadwright/core/fleet';

/** The tag of the master's machine that names the machines of workers. */
export const crewTag = 'loadwright:worker-machines';

/** Which machines make the load of a fleet: what is there besides is to be, or is on its way out. */
export interface Crew {
  /** Their numbers, ascending: 3 is `worker-3`. */
  readonly numbers: readonly number[];
  /**
   * The highest number that a machine has ever had. None is given twice: EC2 takes the launch of an earlier one for the
   * same, long after that has ended.
   */
  readonly last: number;
  /** Are they spare capacity? */
  readonly spot: boolean;
}

/** What a tag holds at most: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
const longestValue = 256;

/** The machines that a fleet is made with. */
export function firstCrew(machines: number, spot: boolean): Crew {
  return { numbers: Array.from({ length: machines }, (_, index) => index + 1), last: machines, spot };
}

export function partOf(number: number): string {
  return `worker-${number}`;
}

/** @returns undefined for what is no machine of workers */
export function numberOf(part: string | undefined): number | undefined {
  const [, digits] = /^worker-(\d+)$/.exec(part ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * As a tag: `1-4 7 of 9 spot`.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when so many have come and gone that no tag holds them.
 */
export function crewTags({ numbers, last, spot }: Crew): Record<string, string> {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range && range[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  const list = ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(' ');
  const value = `${list} of ${last}${spot ? ' spot' : ''}`;
  if (value.length <= longestValue) return { [crewTag]: value };
  throw new LoadwrightError('CONFIG_INVALID', 'Machines of this fleet have been replaced too often.', {
    hint: 'Deploy another fleet.',
    next: [{ action: 'deploy-fleet' }],
  });
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when somebody changed the tag. */
export function readCrew(fleetId: string, tags: Readonly<Record<string, string>>): Crew {
  const [, list, last, spot] = /^(\d[\d\- ]*) of (\d+)( spot)?$/.exec(tags[crewTag] ?? '') ?? [];
  if (list === undefined) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `The machine of the master of fleet ${fleetId} lacks the tag ${crewTag}.`,
      { hint: 'Somebody changed its tags. Remove the fleet.', next: [{ action: 'destroy-fleet', fleetId }] },
    );
  }
  const numbers = list.split(' ').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return { numbers, last: Number(last), spot: spot !== undefined };
}

/** What has to happen so that so many machines make load. */
export interface CrewChange {
  /** Those that make load afterwards. */
  readonly after: Crew;
  /** Numbers of those to launch. */
  readonly come: readonly number[];
  /** Numbers of those that are there, and are to end. */
  readonly go: readonly number[];
  /** Numbers of those that made load, and are gone. */
  readonly lost: readonly number[];
}

/**
 * From what there is to so many machines. The oldest stay; what an interrupted change has launched is used.
 *
 * @param present Numbers of the machines that are there.
 * @param leaving Numbers of those that AWS, or somebody else, takes away.
 */
export function changeCrew(
  crew: Crew,
  present: readonly number[],
  wanted: number,
  leaving: readonly number[] = [],
): CrewChange {
  const isMember = new Set(crew.numbers);
  const ascending = [...present].sort((a, b) => a - b);
  const staying = ascending.filter((number) => !leaving.includes(number));
  const usable = [
    ...staying.filter((number) => isMember.has(number)),
    // Launched by a change that was interrupted; others were on their way out.
    ...staying.filter((number) => !isMember.has(number) && number > crew.last),
  ];
  const kept = usable.slice(0, wanted);
  const come: number[] = [];
  for (let number = crew.last + 1; kept.length + come.length < wanted; number += 1) {
    if (!present.includes(number)) come.push(number);
  }
  const go = ascending.filter((number) => !kept.includes(number));
  return {
    after: {
      ...crew,
      numbers: [...kept, ...come].sort((a, b) => a - b),
      last: Math.max(crew.last, ...ascending, ...come),
    },
    come,
    go,
    lost: crew.numbers.filter((number) => !present.includes(number)),
  };
}

/** Is everything as it should be? */
export function isUnchanged(crew: Crew, { after, come, go }: CrewChange): boolean {
  return come.length === 0 && go.length === 0 && after.numbers.join() === crew.numbers.join();
}
