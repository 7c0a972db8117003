import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writePayloads } from './write.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const digits = (count: number) => '7'.repeat(count);

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const runtime = fileURLToPath(new URL('../../python', import.meta.url));

/** As many frames as Locust, gevent and a target have, and more. */
const reader = `
import sys
sys.path.insert(0, sys.argv[1])
from loadwright_runtime.source import json_text
def at(depth, text):
    return at(depth - 1, text) if depth else json_text.dumps(json_text.loads(text))
for line in open(sys.argv[2]):
    at(200, line)
`;

describe('payloads that the test, in Python, could not read are refused', () => {
  it.each([
    [
      'nested.jsonl',
      `{}\n${nested(201)}\n`,
      /^nested\.jsonl: payload 2 is nested more than 200 levels deep$/,
    ],
    ['objects.json', `[${objects(201)}]`, /^objects\.json: payload 1 is nested more than 200 levels deep$/],
    [
      'whole.jsonl',
      `{"a":-${digits(4301)}}`,
      /^whole\.jsonl: payload 1 has a whole number of 4,301 digits, at most 4,300 are read$/,
    ],
    ['whole.json', `[1,${digits(5000)}]`, /^whole\.json: payload 2 has a whole number of 5,000 digits/],
    ['last.jsonl', `{"a":[0,${digits(4301)}]}`, /4,301 digits/],
  ])('%s', async (name, text, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'loadwright-readable-'));
    await writeFile(join(folder, name), text);
    await expect(
      writePayloads(name, join(folder, 'out.jsonl'), { baseDirectory: folder }),
    ).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });

  it('and those just below are read by it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'loadwright-readable-'));
    const lines = [
      nested(200),
      objects(200),
      digits(4300),
      `[-${digits(4300)},1]`,
      `0.${digits(9000)}`,
      `${digits(9000)}.5`,
      `${digits(9000)}e-9000`,
      JSON.stringify(digits(9000)),
      JSON.stringify('["{\\"'.repeat(900)),
    ];
    await writeFile(join(folder, 'in.jsonl'), lines.join('\n'));
    const out = join(folder, 'out.jsonl');
    await expect(writePayloads('in.jsonl', out, { baseDirectory: folder })).resolves.toMatchObject({
      count: lines.length,
    });
    execFileSync(python, ['-c', reader, runtime, out]);
    expect((await readFile(out, 'utf8')).split('\n')).toHaveLength(lines.length + 1);
  });
});
