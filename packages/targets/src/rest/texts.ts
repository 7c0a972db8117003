import { loremIpsum } from 'lorem-ipsum';

/** Of one generated text. */
export const mostWords = 10_000;

/** Twice as many as the longest text has: where it begins is drawn, too. */
const runningWords = 2 * mostWords;

let made: { readonly text: string; readonly ends: readonly number[] } | undefined;

/** The text that generated texts are cut out of, about 130 KB: words with single spaces between them, the same on each machine. */
export function runningText(): string {
  return running().text;
}

/** Length of the shortest text of so many words, in bytes: each is one of ASCII. */
export function shortestText(words: number): number {
  const { ends } = running();
  const starts = [0, ...ends.map((end) => end + 1)];
  const lengths = ends.slice(words - 1).map((end, first) => end - starts[first]!);
  return lengths.reduce((one, other) => Math.min(one, other));
}

function running(): NonNullable<typeof made> {
  if (made) return made;
  const words: string[] = [];
  const random = minimalStandard();
  while (words.length < runningWords)
    words.push(...loremIpsum({ units: 'sentences', count: 1, random }).split(' '));
  words.length = runningWords;
  let end = -1;
  const ends = words.map((word) => (end += word.length + 1));
  return (made = { text: words.join(' '), ends });
}

/** Numbers in (0, 1), always the same: S. Park and K. Miller, "Random Number Generators", CACM 31 (1988), with the factor of their 1993 revision. */
function minimalStandard(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
