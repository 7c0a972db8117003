import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PayloadSource } from './source.js';
import { checkPayloads, readCsvColumns, writePayloads } from './write.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

const given = (content: string) => writeFile(join(folder, 'given.csv'), content);

async function written(source: PayloadSource) {
  const destination = join(folder, 'out.jsonl');
  await writePayloads(source, destination, { baseDirectory: folder });
  return (await readFile(destination, 'utf8')).trimEnd().split('\n');
}

describe('types of columns that are given', () => {
  const csvTypes = { id: 'text', share: 'number', constructor: 'text' } as const;

  it('take the place of what is found', async () => {
    await given('id,share,constructor,n\n7,1,1,1\n,,,\n08,2,x,2\n');
    const source: PayloadSource = { file: 'given.csv', csvAs: 'list', csvTypes };
    expect(await written(source)).toEqual([
      '{"json":["7",1.0,"1",1]}',
      '{"json":[null,null,null,null]}',
      '{"json":["08",2.0,"x",2]}',
    ]);
    const options = { baseDirectory: folder };
    expect(await readCsvColumns([{ source, weight: 1 }, { source: 'a.csv' }], options)).toEqual([
      {
        file: 'given.csv',
        columns: [
          { name: 'id', type: 'text', isGiven: true },
          { name: 'share', type: 'number', isGiven: true },
          { name: 'constructor', type: 'text', isGiven: true },
          { name: 'n', type: 'integer', isGiven: false },
        ],
      },
    ]);
  });

  it('leave columns alone that are called as something every object has', async () => {
    await given('constructor,toString\n1,constructor\n');
    expect(await written({ file: 'given.csv', csvAs: 'json', csvTypes: {} })).toEqual([
      '{"json":{"constructor":1,"toString":"constructor"}}',
    ]);
  });

  it.each<[string, PayloadSource, string]>([
    [
      'a cell that does not fit',
      { file: 'given.csv', csvAs: 'json', csvTypes: { a: 'integer' } },
      'given.csv: row 3, column "a": found "1.5", expected a whole number',
    ],
    [
      'one that is neither true nor false',
      { file: 'given.csv', csvAs: 'json', csvTypes: { a: 'boolean' } },
      'given.csv: row 2, column "a": found "1", expected true or false',
    ],
    [
      'a column that is not there',
      { file: 'given.csv', csvAs: 'json', csvTypes: { c: 'text' } },
      'given.csv: csvTypes: there is no column "c"',
    ],
    [
      'columns without names',
      { file: 'given.csv', csvAs: 'list', csvHeader: false, csvTypes: { a: 'text' } },
      'given.csv: csvTypes: there is no column "a"',
    ],
    [
      'rows that are sent as text',
      { file: 'given.csv', csvTypes: { a: 'text' } },
      'given.csv: found csvTypes, and its rows are sent as text',
    ],
    [
      'another format',
      { file: 'given.csv', format: 'lines', csvTypes: { a: 'text' } },
      'given.csv: found csvTypes, and its format is lines',
    ],
    [
      'an option of JSON with CSV',
      { file: 'given.csv', jsonAs: 'document' },
      'given.csv: found jsonAs, and its format is csv',
    ],
    [
      'another option of CSV with another format',
      { file: 'given.*', csvHeader: false },
      'given.*: found csvHeader, and its format is binary',
    ],
  ])('are refused for %s', async (_what, source, message) => {
    await given('a,b\n1,x\n1.5,y\n');
    await expect(checkPayloads(source, { baseDirectory: folder })).rejects.toMatchObject({
      ...{ code: 'PAYLOADS_INVALID', message, hint: expect.any(String) },
    });
  });
});
