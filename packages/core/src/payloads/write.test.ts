import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsonNumber } from '../values/json-number.js';
import type { PayloadSource } from './source.js';
import { checkPayloads, digestPayloads, writePayloads } from './write.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-payloads-'));
  await mkdir(join(folder, 'images'));
});
afterAll(() => rm(folder, { recursive: true }));

async function given(name: string, content: string | Uint8Array) {
  await writeFile(join(folder, name), content);
}

async function written(source: PayloadSource) {
  const destination = join(folder, 'out.jsonl');
  const result = await writePayloads(source, destination, { baseDirectory: folder });
  const text = await readFile(destination, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.trimEnd().split('\n');
  expect(result).toMatchObject({ count: lines.length, bytes: (await stat(destination)).size });
  await writePayloads(source, destination, { baseDirectory: folder, firstPayloadOnly: true });
  expect(await readFile(destination, 'utf8')).toBe(`${lines[0]}\n`);
  expect(await checkPayloads(source, { baseDirectory: folder })).toBe(lines.length);
  return lines;
}

describe('writePayloads', () => {
  it('writes inline values', async () => {
    expect(await written({ inline: [{ a: 1 }, 'ü', null] })).toEqual([
      '{"json":{"a":1}}',
      '{"json":"ü"}',
      '{"json":null}',
    ]);
  });

  it('keeps the lines of JSONL as they are, every digit of a number too', async () => {
    await given('a.jsonl', '\ufeff{"x": 1.0, "id": 12345678901234567890}\r\n\n  [1,2] \n"last"');
    expect(await written('a.jsonl')).toEqual([
      '{"json":{"x": 1.0, "id": 12345678901234567890}}',
      '{"json":[1,2]}',
      '{"json":"last"}',
    ]);
    expect(await written({ file: 'a.jsonl', contentType: 'application/x', order: 'random' })).toContain(
      '{"json":[1,2],"contentType":"application/x"}',
    );
  });

  it('takes a JSON list apart', async () => {
    const items = [{ text: 'a ] , " \\ [' }, [[1], []], 'x,y', 7, null, {}];
    await given('list.json', ` ${JSON.stringify(items, null, 2)}\n`);
    const lines = await written('list.json');
    expect(lines.map((line) => (JSON.parse(line) as { json: unknown }).json)).toEqual(items);
  });

  it('knows the digest of what it would write', async () => {
    const destination = join(folder, 'digested.jsonl');
    const source = { inline: [{ a: 1 }, 'text'] };
    await writePayloads(source, destination, { baseDirectory: folder });
    expect(await digestPayloads(source, { baseDirectory: folder })).toBe(
      createHash('sha256')
        .update(await readFile(destination))
        .digest('hex'),
    );
  });

  it('takes any other JSON document as one payload', async () => {
    await given('one.json', '{\n  "instances": [\r\n    [1.50, "a b"]\n  ]\n}\n');
    expect(await written('one.json')).toEqual(['{"json":{"instances": [[1.50, "a b"]]}}']);
  });

  it('sees list items that end at any place of a chunk', async () => {
    const items = Array.from({ length: 40_000 }, (_, index) => ({ index, text: '"\\'.repeat(index % 7) }));
    await given('long.json', JSON.stringify(items));
    expect((await written('long.json')).map((line) => (JSON.parse(line) as { json: unknown }).json)).toEqual(
      items,
    );
  });

  it('sends CSV rows as they stand, without the header', async () => {
    await given('a.csv', 'x,y\r\n1,"a, ""b"""\r\n\r\n2,ü\r\n');
    expect(await written('a.csv')).toEqual([
      '{"text":"1,\\"a, \\"\\"b\\"\\"\\"","contentType":"text/csv"}',
      '{"text":"2,ü","contentType":"text/csv"}',
    ]);
    expect(await written({ file: 'a.csv', csvHeader: false })).toHaveLength(3);
  });

  it('makes objects of CSV rows', async () => {
    await given('b.csv', 'id, name\n1.50,"a\nb"\n007,\n-2e3,true\n');
    expect(await written({ file: 'b.csv', csvAs: 'json' })).toEqual([
      '{"json":{"id":"1.50","name":"a\\nb"}}',
      '{"json":{"id":"007","name":null}}',
      '{"json":{"id":"-2e3","name":"true"}}',
    ]);
  });

  it('gives each column of a CSV file one type, and null for what is missing (F22)', async () => {
    await given(
      'types.csv',
      [
        'share,whole,flag,code,none,mixed',
        '.5,9007199254740993,True,NA,,1',
        '1.,nan,false,x,nan,True',
        '3,-7,,7,,2',
        'NaN,,FALSE,,,null',
        '-.25e3,+1,None,,,x',
      ].join('\n'),
    );
    expect(await written({ file: 'types.csv', csvAs: 'json' })).toEqual([
      '{"json":{"share":0.5,"whole":9007199254740993,"flag":true,"code":"NA","none":null,"mixed":"1"}}',
      '{"json":{"share":1.0,"whole":null,"flag":false,"code":"x","none":null,"mixed":"True"}}',
      '{"json":{"share":3.0,"whole":-7,"flag":null,"code":"7","none":null,"mixed":"2"}}',
      '{"json":{"share":null,"whole":null,"flag":false,"code":null,"none":null,"mixed":"null"}}',
      '{"json":{"share":-0.25e3,"whole":1,"flag":null,"code":null,"none":null,"mixed":"x"}}',
    ]);
  });

  it('encodes binary files', async () => {
    await given('images/a.JPG', Uint8Array.of(0, 255, 254));
    await given('images/b.model', 'b');
    expect(await written('images/a.JPG')).toEqual(['{"base64":"AP/+","contentType":"image/jpeg"}']);
    expect(await written({ files: ['images/a.JPG', 'images/b.model'] })).toEqual([
      '{"base64":"AP/+","contentType":"image/jpeg"}',
      '{"base64":"Yg==","contentType":"application/octet-stream"}',
    ]);
    expect(await written({ file: 'images/b.model', format: 'binary', contentType: 'a/b' })).toEqual([
      '{"base64":"Yg==","contentType":"a/b"}',
    ]);
  });

  it.each([
    ['image.pb', 'application/protobuf'],
    ['rows.msgpack', 'application/vnd.msgpack'],
    ['rows.npy', 'application/x-npy'],
    ['rows.recordio', 'application/x-recordio-protobuf'],
    ['scan.DCM', 'application/dicom'],
    ['clip.webm', 'video/webm'],
    ['model.h5', 'application/octet-stream'],
    ['notes.txt.gz', 'application/gzip'],
  ])('knows by its ending what %s is', async (name, contentType) => {
    await given(name, 'b');
    expect(await written(name)).toEqual([`{"base64":"Yg==","contentType":"${contentType}"}`]);
  });

  it.each<[string, PayloadSource]>([
    ['a folder', 'many'],
    ['a folder within a list', { files: ['./many'] }],
    ['a pattern', { files: ['./many/*.{jpg,png}'] }],
    ['a pattern for one file', { file: 'many/?.*' }],
    ['several', { files: ['many/a.jpg', 'many/*.png'] }],
  ])('takes the files of %s (F29)', async (_what, source) => {
    await mkdir(join(folder, 'many'), { recursive: true });
    await given('many/b.png', 'b');
    await given('many/a.jpg', 'a');
    await given('many/.hidden', 'h');
    await mkdir(join(folder, 'many/within'), { recursive: true });
    await given('many/within/c.jpg', 'c');
    expect(await written(source)).toEqual([
      '{"base64":"YQ==","contentType":"image/jpeg"}',
      '{"base64":"Yg==","contentType":"image/png"}',
    ]);
  });

  it('takes the files of folders within, where a pattern asks for them', async () => {
    expect(await written({ files: ['many/**/*.jpg'] })).toHaveLength(2);
  });

  it('takes a name with brackets for a name, where there is such a file', async () => {
    await given('a[1].jpg', 'a');
    expect(await written({ files: ['a[1].jpg'] })).toHaveLength(1);
  });

  const megabytes33 = 33 * 1024 * 1024;
  it.each<[string, string | Uint8Array | undefined, PayloadSource, RegExp]>([
    ['a missing file', undefined, 'no.jsonl', /^no\.jsonl: there is no such file$/],
    [
      'a pattern without a match',
      undefined,
      { file: 'no/*.jpg' },
      /^no\/\*\.jpg: no file matches this pattern$/,
    ],
    ['an empty file', '', 'wrong.jsonl', /^wrong\.jsonl: the file is empty$/],
    ['blank lines', '\n \n', 'wrong.jsonl', /^wrong\.jsonl: there is no payload in it$/],
    ['an empty list', ' [ ] ', 'wrong.json', /^wrong\.json: there is no payload in it$/],
    ['a header alone', 'a,b\n', 'wrong.csv', /^wrong\.csv: there is no payload in it$/],
    ['a bad line', '{}\n\n{"a":}\n{}', 'wrong.jsonl', /^wrong\.jsonl: line 3 is not JSON: Unexpected token/],
    ['a bad last line', '{}\n{"a":', 'wrong.jsonl', /^wrong\.jsonl: line 2 is not JSON: Unexpected end/],
    ['a bad item', '[{}, {a}]', 'wrong.json', /^wrong\.json: item 2 is not JSON: Expected property name/],
    ['a comma too many', '[1, ]', 'wrong.json', /^wrong\.json: item 2 is not JSON: Unexpected end/],
    ['a list without an end', '[1, 2', 'wrong.json', /^wrong\.json: the list has no end$/],
    [
      'lines in a .json',
      '[1]\n[2]',
      'wrong.json',
      /^wrong\.json: there is more text after the end of the list$/,
    ],
    [
      'objects in a .json',
      '{}\n{}',
      'wrong.json',
      /^wrong\.json: the document is not JSON: Unexpected non-whitespace/,
    ],
    ['a row too long', 'a,b\n1,2\n1,2,3\n', 'wrong.csv', /^wrong\.csv: line 3: .*expect 2, got 3$/],
    ['an open quote', 'a,b\n1,"2\n', 'wrong.csv', /^wrong\.csv: line \d: Quote Not Closed/],
    ['an unnamed column', 'a,\n1,2\n', 'wrong.csv', /^wrong\.csv: a column of the header has no name$/],
    ['the same column twice', 'a,a\n1,2\n', 'wrong.csv', /^wrong\.csv: the column "a" is there twice$/],
    [
      'nameless objects',
      '1\n',
      { file: 'wrong.csv', csvAs: 'json', csvHeader: false },
      /cannot become objects$/,
    ],
    [
      'an unknown ending',
      'x',
      'wrong.model',
      /^wrong\.model: found the ending "\.model", expected \.json, \.jsonl/,
    ],
    ['no ending', 'x', 'wrong', /^wrong: found no ending, expected/],
    [
      'other encodings',
      Uint8Array.of(0x22, 0xe4, 0x22),
      'wrong.jsonl',
      /^wrong\.jsonl: found bytes that are not UTF-8 text$/,
    ],
    [
      'an endless line',
      Buffer.alloc(megabytes33, '1'),
      'wrong.jsonl',
      /^wrong\.jsonl: line 1 is longer than 32 MiB$/,
    ],
    [
      'an endless item',
      Buffer.alloc(megabytes33, '[1'),
      'wrong.json',
      /^wrong\.json: item 1 is longer than 32 MiB$/,
    ],
    [
      'an endless field',
      Buffer.alloc(megabytes33, 'x'),
      'wrong.csv',
      /^wrong\.csv: line \d+ is longer than 32 MiB$/,
    ],
    ['a huge file', Buffer.alloc(megabytes33), 'wrong.png', /^wrong\.png: the file is longer than 32 MiB$/],
  ])('refuses %s', async (_what, content, source, message) => {
    const name = typeof source === 'string' ? source : (source as { file: string }).file;
    if (content !== undefined) await given(name, content);
    const destination = join(folder, 'refused.jsonl');
    const error: unknown = await writePayloads(source, destination, { baseDirectory: folder }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    await expect(stat(destination)).rejects.toThrow('ENOENT');
  });

  it('stops when asked to, and leaves no file', async () => {
    await given('a.jsonl', '{}\n'.repeat(500_000));
    const destination = join(folder, 'aborted.jsonl');
    const options = { baseDirectory: folder, signal: AbortSignal.abort() };
    await expect(writePayloads('a.jsonl', destination, options)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(stat(destination)).rejects.toThrow('ENOENT');
  });
});

describe('what numbers and lists become', () => {
  it('keeps inline numbers as they were written', async () => {
    const inline = [{ id: new JsonNumber('9007199254740993'), x: new JsonNumber('2.0') }] as never;
    expect(await written({ inline })).toEqual(['{"json":{"id":9007199254740993,"x":2.0}}']);
  });

  it.each(['[[0.5]]', ' [ [0.5] ]\n', '{"a":1}'])(
    'takes a whole document for one payload (F25): %s',
    async (text) => {
      await given('whole.json', text);
      expect(await written({ file: 'whole.json', jsonAs: 'document' })).toEqual([`{"json":${text.trim()}}`]);
    },
  );

  it('takes a list for many', async () => {
    await given('whole.json', '[[0.5]]');
    expect(await written({ file: 'whole.json', jsonAs: 'items' })).toEqual(['{"json":[0.5]}']);
  });
});

describe('several sources', () => {
  it('are written one after the other, with the lines and the weight of each', async () => {
    await given('few.jsonl', '1\n2\n3\n');
    const source = [
      { source: { file: 'few.jsonl', order: 'random' as const }, weight: 3 },
      { source: { inline: [4, 5] } },
    ];
    const destination = join(folder, 'several.jsonl');
    expect(await writePayloads(source, destination, { baseDirectory: folder })).toMatchObject({
      count: 5,
      parts: [
        { rows: 3, weight: 3, order: 'random' },
        { rows: 2, weight: 1, order: 'sequential' },
      ],
    });
    expect(await readFile(destination, 'utf8')).toBe(
      [1, 2, 3, 4, 5].map((value) => `{"json":${value}}\n`).join(''),
    );
    const first = await writePayloads(source, destination, { baseDirectory: folder, firstPayloadOnly: true });
    expect(first).toMatchObject({ count: 2, parts: [{ rows: 1 }, { rows: 1 }] });
  });

  it('are all read', async () => {
    await given('blank.jsonl', '\n');
    const source = [{ source: { inline: [4] } }, { source: 'blank.jsonl' }];
    await expect(checkPayloads(source, { baseDirectory: folder })).rejects.toMatchObject({
      message: 'blank.jsonl: there is no payload in it',
    });
  });
});

describe('compressed files', () => {
  it.each<[string, string, PayloadSource]>([
    ['packed.jsonl.gz', '1\n2\n', 'packed.jsonl.gz'],
    ['packed.json.gz', '[1, 2]', 'packed.json.gz'],
    ['packed.csv.gz', 'a\n1\n2\n', { file: 'packed.csv.gz', csvAs: 'json' }],
    ['packed', '[1, 2]', { file: 'packed', format: 'json' }],
  ])('are unpacked: %s', async (name, text, source) => {
    await given(name, gzipSync(text));
    expect(await written(source)).toHaveLength(2);
  });

  it('of bytes are sent as they are', async () => {
    await given('packed.bin', gzipSync('x'));
    const [line = ''] = await written('packed.bin');
    expect(line).toContain(gzipSync('x').toString('base64'));
  });

  it.each([
    ['cut', gzipSync('1\n'.repeat(1000)).subarray(0, 20)],
    ['wrong', Buffer.concat([gzipSync('1\n').subarray(0, 12), Buffer.alloc(20, 7)])],
  ])('that are %s are refused', async (_, bytes) => {
    await given('broken.jsonl.gz', bytes);
    await expect(checkPayloads('broken.jsonl.gz', { baseDirectory: folder })).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: expect.stringContaining('broken.jsonl.gz: it is not a whole gzip file'),
    });
  });
});

it('takes lines for texts', async () => {
  await given('lines.txt', ' a & "b" \r\n\nü');
  expect(await written({ file: 'lines.txt', format: 'lines' })).toEqual([
    '{"text":"a & \\"b\\""}',
    '{"text":"ü"}',
  ]);
});

describe('CSV without a header', () => {
  it('gets the names that are given', async () => {
    await given('bare.csv', '1,a\n2.5,b\n');
    expect(await written({ file: 'bare.csv', csvAs: 'json', csvColumns: ['n', 't'] })).toEqual([
      '{"json":{"n":1.0,"t":"a"}}',
      '{"json":{"n":2.5,"t":"b"}}',
    ]);
    expect(await written({ file: 'bare.csv', csvColumns: ['n', 't'] })).toHaveLength(2);
    const short: PayloadSource = { file: 'bare.csv', csvAs: 'json', csvColumns: ['n'] };
    await expect(checkPayloads(short, { baseDirectory: folder })).rejects.toMatchObject({
      message: 'bare.csv: line 1: expect 1, got 2',
    });
  });

  it('becomes lists', async () => {
    await given('bare.csv', '1,a\n,b\n');
    expect(await written({ file: 'bare.csv', csvAs: 'list', csvHeader: false })).toEqual([
      '{"json":[1,"a"]}',
      '{"json":[null,"b"]}',
    ]);
    expect(await written({ file: 'bare.csv', csvAs: 'list' })).toEqual(['{"json":[null,"b"]}']);
  });
});

it('reads each file of a pattern in the format that is given', async () => {
  await mkdir(join(folder, 'rows'));
  await given('rows/a.jsonl', '1\n2\n');
  await given('rows/b.jsonl', '3\n');
  expect(await written({ file: 'rows/*.jsonl', format: 'jsonl' })).toHaveLength(3);
  expect(await written({ file: 'rows', format: 'jsonl' })).toHaveLength(3);
});

describe('what may be a mistake', () => {
  const notesOf = async (source: PayloadSource) => {
    const destination = join(folder, 'noted.jsonl');
    return (await writePayloads(source, destination, { baseDirectory: folder })).notes;
  };

  it('is a payload with other members', async () => {
    await given('uneven.jsonl', '{"a":1,"b":2}\n{"b":2,"a":1}\n{"a":1,"c":3}\n{"a":1}\n');
    expect(await notesOf('uneven.jsonl')).toEqual([
      'uneven.jsonl: 2 of 4 payloads have other members than the first one (payload 3: also "c", without "b").',
    ]);
  });

  it('is a row with other members (F23)', async () => {
    expect(await notesOf({ inline: [[{ a: 1 }, { a: 2, b: 3 }]] })).toEqual([
      'inline: rows of 1 of 1 payloads differ in their members (payload 1, row 2: also "b"). ' +
        'In dataframe_split a row is sent with null for what it lacks.',
    ]);
  });

  it('is what the target says of a payload, wherever it is', async () => {
    await given('hinted.jsonl', '1\n2\n3\n2\n');
    const payloadHint = (payload: unknown) => (payload === 2 ? 'Two is one too many.' : undefined);
    const source = [{ source: 'hinted.jsonl' }, { source: { inline: [2] } }];
    const options = { baseDirectory: folder, payloadHint };
    const { notes } = await writePayloads(source, join(folder, 'noted.jsonl'), options);
    expect(notes).toEqual([
      'hinted.jsonl: 2 of 4 payloads, first payload 2: Two is one too many.',
      'inline: 1 of 1 payloads, first payload 1: Two is one too many.',
    ]);
  });

  it.each(['{"x": NaN}', '[1, -Infinity]', 'NaN'])('is no number: %s', async (text) => {
    await given('nan.jsonl', text);
    await expect(checkPayloads('nan.jsonl', { baseDirectory: folder })).rejects.toMatchObject({
      message: expect.stringContaining('nan.jsonl: line 1 is not JSON'),
      hint: expect.stringMatching(/^JSON has no (NaN|-Infinity), .*write null/),
    });
  });

  it('is nothing in payloads that are alike', async () => {
    expect(await notesOf({ inline: [{ a: 1 }, { a: 2 }, [{ a: 1 }, { a: 2 }]] })).toEqual([]);
  });
});

describe('the first payload alone', () => {
  it('is read without what follows', async () => {
    await given('late.jsonl', `${'{}\n'.repeat(400_000)}this is wrong\n`);
    const destination = join(folder, 'first.jsonl');
    const options = { baseDirectory: folder, firstPayloadOnly: true };
    expect(await writePayloads('late.jsonl', destination, options)).toMatchObject({ count: 1 });
    expect(await readFile(destination, 'utf8')).toBe('{"json":{}}\n');
  });
});
