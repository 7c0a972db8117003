import { expect, it } from 'vitest';
import { payloadSourceSchema } from './source.js';

const sources = { file: { file: 'a.csv' }, files: { files: ['a.jpg'] } };

it.each(['', ' ', 'text/plain\r\nX-Other: 1', 'text/plain\n', 'ü', '\u007f', ' text/csv'])(
  'refuses a Content-Type that no header carries: %j',
  (contentType) => {
    for (const source of Object.values(sources)) {
      expect(payloadSourceSchema.safeParse({ ...source, contentType }).success).toBe(false);
      expect(
        payloadSourceSchema.safeParse({ ...source, contentType: 'text/csv; header=absent' }).success,
      ).toBe(true);
    }
  },
);

it.each([0, -1, NaN, Infinity, '1', null])('refuses a weight that is no share: %j', (weight) => {
  expect(payloadSourceSchema.safeParse([{ source: 'a.csv', weight }, { source: 'b.csv' }]).success).toBe(
    false,
  );
});

it.each(['', ', ', ';;', '"', '\n', ' '])('refuses a separator that is none: %j', (csvSeparator) => {
  expect(payloadSourceSchema.safeParse({ ...sources.file, csvSeparator }).success).toBe(false);
});
