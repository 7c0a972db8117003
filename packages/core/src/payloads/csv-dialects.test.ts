import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PayloadSource } from './source.js';
import { writePayloads } from './write.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-dialects-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(source: PayloadSource) {
  const destination = join(folder, 'out.jsonl');
  const { notes } = await writePayloads(source, destination, { baseDirectory: folder });
  const lines = (await readFile(destination, 'utf8')).trimEnd().split('\n');
  return { records: lines.map((line) => JSON.parse(line) as Record<string, unknown>), lines, notes };
}

const header = ['id', 'amount', 'is new', 'ü|;\t,', 'made'];
const rows = [
  ['007', '1', 'true', 'plain', '2024-01-02'],
  ['', '2.5', 'False', 'a "quoted", one', ''],
  ['12', '', '', '', '2024-12-31'],
  ['9007199254740993', '9007199254740993', 'TRUE', ' blanks, tabs\tand; lines\r\nin it ', 'x'],
  [' ', '-0', 'false', '\u2028', 'NaN'],
];
const objects = [
  '{"id":"007","amount":1.0,"is new":true,"ü|;\\t,":"plain","made":"2024-01-02"}',
  '{"id":null,"amount":2.5,"is new":false,"ü|;\\t,":"a \\"quoted\\", one","made":null}',
  '{"id":"12","amount":null,"is new":null,"ü|;\\t,":null,"made":"2024-12-31"}',
  '{"id":"9007199254740993","amount":9007199254740993.0,"is new":true,"ü|;\\t,":" blanks, tabs\\tand; lines\\r\\nin it ","made":"x"}',
  '{"id":" ","amount":-0.0,"is new":false,"ü|;\\t,":"\u2028","made":"NaN"}',
];

describe('a table means the same', () => {
  const dialects = [',', ';', '\t', '|'].flatMap((separator) =>
    ['\n', '\r\n', '\r'].flatMap((end) =>
      [true, false].map((all) => [JSON.stringify(separator), JSON.stringify(end), all] as const),
    ),
  );
  it.each(dialects)('with %s between cells, %s after rows, everything in quotes: %s', async (...dialect) => {
    const [separator, end] = dialect.slice(0, 2).map((text) => JSON.parse(text as string) as string) as [
      string,
      string,
    ];
    const quoted = (cell: string) =>
      dialect[2] || /["\r\n,;\t|]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    const texts = [header, ...rows].map((row) => row.map(quoted).join(separator));
    const text = texts.join(end);
    // Also with a byte order mark, with blank lines, and compressed.
    for (const content of [text, `\uFEFF${text}${end}`, gzipSync(texts.join(end + end))]) {
      await writeFile(join(folder, 'table.csv'), content);
      const source = { file: 'table.csv', csvSeparator: separator };
      const { lines } = await written({ ...source, csvAs: 'json' });
      expect(lines).toEqual(objects.map((object) => `{"json":${object}}`));
      // As it stands, to the byte.
      const { records } = await written(source);
      expect(records).toEqual(texts.slice(1).map((row) => ({ text: row, contentType: 'text/csv' })));
    }
  });

  it('in a file whose ending is that of tabs', async () => {
    await writeFile(join(folder, 'rows.tsv'), 'a\tb\n\t2\n1,5\t\n');
    expect((await written('rows.tsv')).records).toEqual(
      ['\t2', '1,5\t'].map((text) => ({ text, contentType: 'text/tab-separated-values' })),
    );
    expect((await written({ file: 'rows.tsv', csvAs: 'json' })).lines).toEqual([
      '{"json":{"a":null,"b":2}}',
      '{"json":{"a":"1,5","b":null}}',
    ]);
  });

  it('with blanks around its numbers', async () => {
    await writeFile(join(folder, 'table.csv'), 'a, b, c\n 1, 2.5 ,true \n  ,+.5, false\n');
    const { lines } = await written({ file: 'table.csv', csvAs: 'json' });
    expect(lines).toEqual(['{"json":{"a":1,"b":2.5,"c":true}}', '{"json":{"a":null,"b":0.5,"c":false}}']);
  });
});

describe('rows without commas', () => {
  it.each<[string, string, PayloadSource & object]>([
    [';', 'a;b\n1;2\n', { file: 'table.csv', csvAs: 'json' }],
    ['\t', 'a\tb\n1\t2\n', { file: 'table.csv', csvAs: 'list' }],
    ['|', '"a|b"\n"1|2"\n', { file: 'table.csv', csvAs: 'json' }],
    [';', '1;2.5;3e-1\n', { file: 'table.csv', csvAs: 'list', csvHeader: false }],
    [';', '2024-01-02;7\n', { file: 'table.csv', csvAs: 'json', csvColumns: ['a'] }],
  ])('are refused where %j separates their cells: %j', async (separator, content, source) => {
    await writeFile(join(folder, 'table.csv'), content);
    await expect(written(source)).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: expect.stringMatching(/^table\.csv: line 1: found a single column, .*, expected/) as string,
      hint: expect.stringContaining(`Set csvSeparator: ${JSON.stringify(separator)}.`) as string,
    });
  });

  it('are one column where it is said, and where they are sentences', async () => {
    await writeFile(join(folder, 'table.csv'), 'a;b\n1;2\n');
    expect((await written({ file: 'table.csv', csvAs: 'json', csvSeparator: ',' })).lines).toEqual([
      '{"json":{"a;b":"1;2"}}',
    ]);
    await writeFile(join(folder, 'table.csv'), 'Hello; world\n');
    expect((await written({ file: 'table.csv', csvAs: 'list', csvHeader: false })).lines).toEqual([
      '{"json":["Hello; world"]}',
    ]);
  });
});

it.each([
  ['5" tv,2', /line 2: Invalid Opening Quote/],
  ['"x,2\n3,4', /Quote Not Closed/],
  ['"x"y,2', /line 2: Invalid Closing Quote/],
  ['1,2,3', /line 2: .*expect 2, got 3/],
  ['1', /line 2: .*expect 2, got 1/],
])('names the line of a row that cannot be read: %s', async (row, message) => {
  await writeFile(join(folder, 'table.csv'), `a,b\n${row}\n`);
  for (const csvAs of ['text', 'json'] as const) {
    await expect(written({ file: 'table.csv', csvAs })).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('csvSeparator') as string,
    });
  }
});

describe('a column that one cell makes text', () => {
  it.each([
    ['1\n-inf\nx', 'row 3: "-inf". The rows before it are of type integer'],
    ['\n1.5\n"1,000"', 'row 3: "1,000". The rows before it are of type number'],
    ['true\n1', 'row 3: "1". The rows before it are of type boolean'],
  ])('is a warning: %j', async (cells, why) => {
    await writeFile(join(folder, 'table.csv'), `a\n${cells}\n`);
    for (const csvAs of ['json', 'list'] as const) {
      const { notes } = await written({ file: 'table.csv', csvAs });
      expect(notes).toEqual([
        `table.csv: column "a" is sent as text because of ${why}: correct the cell, or set csvTypes to text.`,
      ]);
    }
  });

  it.each(['98765\n01234', 'x\n1', '2024-01-02\n1', '1\nNaN\n'])('is none: %j', async (cells) => {
    await writeFile(join(folder, 'table.csv'), `a\n${cells}\n`);
    expect((await written({ file: 'table.csv', csvAs: 'json' })).notes).toEqual([]);
    const given: PayloadSource = { file: 'table.csv', csvAs: 'json', csvTypes: { a: 'text' } };
    expect((await written(given)).notes).toEqual([]);
  });
});
