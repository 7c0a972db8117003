import { createHash } from 'node:crypto';
import { describe, it } from 'vitest';

/** Which cases of a matrix a run tries: all, a part of them, or a handful. */
type Choice = 'all' | 'handful' | { readonly seed: number; readonly parts: number };

/**
 * The cases of a matrix that this run tries. The variable `LOADWRIGHT_MATRIX` says which:
 *
 * - `all`: every one, as `npm run test:truth`;
 * - `17/3`: one of three equal parts, which the number 17 picks; three numbers in a row try everything, and the same
 *   text picks the same cases anywhere, for as long as the cases keep their names;
 * - nothing: a handful, always the same, as `npm test`.
 *
 * @param cases all of them
 * @param options name: what a case is called, different for each; handful: how many there are in `npm test`, at least 1
 * @returns in the order in which they were given
 */
export function casesToTry<Case>(
  cases: readonly Case[],
  { name, handful }: { name: (one: Case) => string; handful: number },
): readonly Case[] {
  const places = new Map(shuffled(cases.map(name)).map((text, place) => [text, place]));
  if (places.size < cases.length) throw new Error('two cases of a matrix have the same name');
  const choice = choiceOf(process.env['LOADWRIGHT_MATRIX']);
  return cases.filter((one) => isChosen(places.get(name(one))!, choice, handful));
}

/** True where more than `npm test` is asked for. */
export const triesMore = (): boolean => choiceOf(process.env['LOADWRIGHT_MATRIX']) !== 'handful';

/** Declares nothing: not even a test that is skipped. */
const nothing: unknown = Object.assign(() => {}, { each: () => () => {}, concurrent: () => {} });

/**
 * `it`, for a test that takes many seconds and shares its way with a shorter one: `npm test` leaves it out. Its file is
 * one of those of a matrix in `tools/lib/matrices.mjs`, so that `.ci/run` has it.
 */
export const itWhole = (triesMore() ? it : nothing) as typeof it;

/** `describe`, likewise. */
export const describeWhole = (triesMore() ? describe : nothing) as typeof describe;

function isChosen(place: number, choice: Choice, handful: number): boolean {
  if (choice === 'all') return true;
  if (choice === 'handful') return place < handful;
  return place % choice.parts === choice.seed % choice.parts;
}

function choiceOf(text: string | undefined): Choice {
  if (text === undefined || text === '') return 'handful';
  if (text === 'all') return 'all';
  const [, seed, parts] = /^(\d+)\/([1-9]\d*)$/.exec(text) ?? [];
  if (parts === undefined) throw new Error(`LOADWRIGHT_MATRIX is neither "all" nor like "17/3": "${text}"`);
  return { seed: Number(seed), parts: Number(parts) };
}

/** An order that mixes neighbours, and that depends on the names alone. */
function shuffled(names: readonly string[]): string[] {
  const digest = (name: string) => createHash('sha256').update(name).digest('hex');
  return [...names].sort((one, other) => (digest(one) < digest(other) ? -1 : 1));
}
