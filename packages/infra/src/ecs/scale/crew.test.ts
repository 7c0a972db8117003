import { expect, it } from 'vitest';
import { changeCrew, crewTags, firstCrew, isUnchanged, readCrew, type Crew } from './crew.js';

const crew: Crew = { numbers: [1, 2, 3, 5], last: 6, spot: false };

it.each([
  [firstCrew(4, false), '1-4 of 4'],
  [firstCrew(1, true), '1 of 1 spot'],
  [crew, '1-3 5 of 6'],
])('is written as a tag and read again: %j', (one, text) => {
  const tags = crewTags(one);
  expect(Object.values(tags)).toEqual([text]);
  expect(readCrew('x', tags)).toEqual(one);
});

it('is not guessed where its tag was changed, nor cut where it is too long', () => {
  expect(() => readCrew('x', {})).toThrow('lacks the tag loadwright:worker-machines');
  const numbers = Array.from({ length: 120 }, (_, index) => 2 * index + 1);
  expect(() => crewTags({ numbers, last: 239, spot: false })).toThrow('replaced too often');
});

it('keeps the oldest, and gives no number twice', () => {
  expect(changeCrew(crew, [1, 2, 3, 5], 6)).toEqual({
    after: { numbers: [1, 2, 3, 5, 7, 8], last: 8, spot: false },
    ...{ come: [7, 8], go: [], lost: [] },
  });
  expect(changeCrew(crew, [1, 2, 3, 5], 2)).toMatchObject({ after: { numbers: [1, 2] }, go: [3, 5] });
});

it('replaces what is gone', () => {
  expect(changeCrew(crew, [1, 3, 5], 4)).toMatchObject({
    after: { numbers: [1, 3, 5, 7], last: 7 },
    ...{ come: [7], go: [], lost: [2] },
  });
  // AWS takes 3 back.
  expect(changeCrew(crew, [1, 2, 3, 5], 4, [3])).toMatchObject({
    after: { numbers: [1, 2, 5, 7] },
    ...{ come: [7], go: [3], lost: [] },
  });
});

it('uses what an interrupted change has launched, and ends what one was about to end', () => {
  // 8 was launched, 7 was not seen; 4 was about to end.
  const change = changeCrew(crew, [1, 2, 3, 4, 5, 8], 6);
  expect(change).toMatchObject({ after: { numbers: [1, 2, 3, 5, 7, 8] }, come: [7], go: [4] });
  // Back to the number before: what was launched ends, and its number is not given again.
  expect(changeCrew(crew, [1, 2, 3, 5, 8], 4)).toMatchObject({ after: { last: 8 }, come: [], go: [8] });
  expect(isUnchanged(crew, changeCrew(crew, [1, 2, 3, 5], 4))).toBe(true);
  expect(isUnchanged(crew, changeCrew(crew, [1, 2, 3, 5, 8], 4))).toBe(false);
});
