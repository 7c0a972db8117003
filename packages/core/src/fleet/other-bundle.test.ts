import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Bundle } from '../bundle/bundle.js';
import { LoadwrightError } from '../errors.js';
import type { MasterBundle } from '../locust/master.js';
import type { JsonObject } from '../values/json.js';
import { otherBundle } from './other-bundle.js';

const target: JsonObject = {
  ...{ version: 1, kind: 'dht', host: 'http://a.example' },
  config: { protocol: 'koorde', urls: { count: 10 }, expect: ['HIT'] },
  payloads: [{ rows: 3, weight: 1 }],
};
const files = { 'locustfile.py': 'a', 'load.json': 'b', 'payloads.jsonl': 'c' };

/** A bundle as it lies on the disk. */
function bundleOf(document: JsonObject, digests: Readonly<Record<string, string>>): Bundle {
  const directory = mkdtempSync(join(tmpdir(), 'loadwright-bundle-'));
  writeFileSync(join(directory, 'target.json'), JSON.stringify(document));
  const all = Object.entries({ ...digests, 'target.json': JSON.stringify(document) });
  return { directory, digest: '', files: all.map(([path, sha256]) => ({ path, sha256, bytes: 1 })) };
}

const refusal = (bundle: Bundle, answer: () => Promise<MasterBundle>) =>
  otherBundle(bundle, {
    ...{ on: 'f-1', fleet: { kind: 'ecs' }, master: { bundle: answer } },
    redact: (text) => text.replaceAll('canary', '[redacted]'),
  });

const linesFor = async (document: JsonObject, digests: Readonly<Record<string, string>> = files) => {
  const own = bundleOf(document, digests);
  const { message } = await refusal(own, async () => ({
    target,
    files: { ...files, 'target.json': 'of the fleet' },
  }));
  return message.split('\n  ').slice(1);
};

const config = target['config'] as JsonObject;

it.each<[string, JsonObject, string[]]>([
  [
    'options, however deep, one that is missing, and a list',
    { ...target, config: { protocol: 'chord', urls: { count: 11 }, expect: ['MISS'], choice: 'zipf' } },
    [
      'target.protocol: found "chord", the fleet has "koorde"',
      'target.urls.count: found 11, the fleet has 10',
      'target.expect: the fleet has another',
      'target.choice: found "zipf", the fleet has nothing',
    ],
  ],
  ['the kind', { ...target, kind: 'rest' }, ['target.kind: found "rest", the fleet has "dht"']],
  [
    'the hosts',
    { ...target, hosts: ['http://a.example', 'http://b.example'] },
    ['host: found "http://a.example, http://b.example", the fleet has "http://a.example"'],
  ],
  ['how payloads are mixed', { ...target, payloads: [{ rows: 4 }] }, ['payloads: the fleet has others']],
  [
    'what is secret, without it',
    { ...target, config: { ...config, protocol: 'canary' } },
    ['target.protocol: found "[redacted]", the fleet has "koorde"'],
  ],
])('names what differs: %s', async (_what, document, lines) => {
  expect(await linesFor(document)).toEqual(lines);
});

it('names payloads and code by the files that differ, and no load', async () => {
  expect(await linesFor(target, { ...files, 'payloads.jsonl': 'd', 'load.json': 'd' })).toEqual([
    'payloads: the fleet has others',
  ]);
  expect(await linesFor(target, { 'locustfile.py': 'd', 'payloads.jsonl': 'c' })).toEqual([
    'version: the fleet runs other code of Loadwright or of the target, in locustfile.py',
  ]);
});

it('names five, and how many more there are', async () => {
  const many = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`o${index}`, index]));
  const lines = await linesFor({ ...target, config: { ...config, ...many } });
  expect(lines).toHaveLength(6);
  expect(lines.at(-1)).toBe('and 2 more');
});

it('says what may differ where the master does not show it', async () => {
  const error = await refusal(bundleOf(target, files), async () => {
    throw new LoadwrightError('MASTER_PROTOCOL', 'HTTP 404');
  });
  expect(error).toMatchObject({
    code: 'CONFIG_INVALID',
    message:
      'fleet: the ecs fleet f-1 was deployed with another target, other payloads or another version of Loadwright',
    hint: 'Deploy another fleet, and remove that one.',
  });
});
