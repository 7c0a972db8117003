import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { shellWords } from '../../packages/cli/src/import/shell-words.js';
import { root } from './documents.js';
import { argumentsOf, shellBlocks } from './printed.js';
import { examples, outcomeInThisProcess } from './project.js';
import { ways, type Way } from './shell-blocks.js';

const wayOf = (line: string): Way | undefined => ways.find(([pattern]) => pattern.test(line))?.[1];
const lines = shellBlocks.flatMap((block) =>
  block.lines.filter((line) => !line.startsWith('#')).map((line) => ({ ...block, line })),
);

const cache = join(root, 'docs/.cache/shell-blocks');
const prepared = join(cache, 'prepared');
const results = join(prepared, 'results');
const target = [
  'target: { kind: sagemaker, endpointName: fraud, region: eu-west-1, payloads: ./features.jsonl }',
  'load: { users: 5, duration: 2s }',
  '',
].join('\n');
const ring = [
  'target: { kind: dht, baseUrl: http://koorde.example, protocol: koorde,',
  '  urls: { template: "http://origin.example/{i}", count: 100 } }',
  'hosts: [http://koorde.example, http://chord.example]',
  'load: { users: 5, duration: 2s }',
  '',
].join('\n');
const document = {
  openapi: '3.0.0',
  info: { title: 'pets', version: '1' },
  servers: [{ url: 'http://127.0.0.1:1' }],
  paths: { '/pets': { get: { responses: { 200: { description: 'all' } } } } },
};
const entry = {
  request: { method: 'GET', url: 'http://127.0.0.1:1/pets', headers: [] },
  response: { status: 200, content: { mimeType: 'application/json' } },
};
const files: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }\n',
  'loadwright.config.yaml': `${target}name: checkout\n`,
  'openapi.yaml': JSON.stringify(document),
  'command.sh': 'curl http://127.0.0.1:1/pets\n',
  'session.har': JSON.stringify({ log: { version: '1.2', entries: [entry] } }),
  'calibration.json': JSON.stringify({ capacities: [{ estimate: 42, interval: [40, 44] }] }),
  'before.yaml': `${target}name: before\n`,
  'after.yaml': `${target}name: after\n`,
  'services/fraud/loadwright.config.yaml': `${target.replace('./', '../../')}name: fraud\n`,
  'cat.jpg': 'a cat',
};

/** The configuration that a page speaks of where it is not the one above. */
function configurationOf(path: string): string | undefined {
  if (/how-to\/(ecs|from-ecs-scripts)|reference\/configuration/.test(path))
    return `${ring}fleet: { kind: ecs, region: eu-west-1 }\n`;
  if (/ec2|remove-what-is-left|rotate-secrets/.test(path))
    return `${target}fleet: { kind: ec2, region: eu-west-1 }\n`;
  return undefined;
}

// No account, none is looked for, and nothing could be reached in one.
const noAccount = {
  ...{ HOME: prepared, AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
  ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
};
const environment = () => {
  const { PATH, LOADWRIGHT_LOCUST } = process.env;
  return { ...noAccount, PATH, LOADWRIGHT_LOCUST };
};

beforeAll(async () => {
  // The SDK of AWS reads those of the process.
  for (const name of Object.keys(process.env))
    if (/^(AWS|DATABRICKS)_/.test(name)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(noAccount)) vi.stubEnv(name, value);
  rmSync(cache, { recursive: true, force: true });
  cpSync(join(examples, 'workflows'), prepared, { recursive: true });
  cpSync(join(examples, 'features.jsonl'), join(prepared, 'features.jsonl'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(prepared, name, '..'), { recursive: true });
    writeFileSync(join(prepared, name), text);
  }
  const run = ['run', '--emulator', '--json'];
  const { stdout, stderr } = await outcomeInThisProcess(prepared, run, environment());
  expect(stdout, stderr).toContain('"resultsDirectory"');
  const { resultsDirectory: made } = JSON.parse(stdout) as { resultsDirectory: string };
  // What pages compare is that run again and again; of each name with ids of its own.
  const copies = [
    ...['checkout', 'before', 'after'].flatMap((name, place) =>
      Array.from(
        { length: 6 },
        (_, index) => [results, name, `20261101-00${place}00${index}-0a1b2c3d${place}${index}`] as const,
      ),
    ),
    [results, 'checkout', '20261101-000007-4f32386de5'],
    [results, 'checkout', '20261101-000008-75bc872ee9'],
    [join(prepared, 'services/fraud/results'), 'fraud', '20261101-000009-75bc872ee9'],
  ] as const;
  for (const [where, name, runId] of copies) {
    const resultsDirectory = join(where, name, runId);
    mkdirSync(resultsDirectory, { recursive: true });
    for (const file of ['series.jsonl.gz', 'config.resolved.json'])
      cpSync(join(made, file), join(resultsDirectory, file));
    const summary = JSON.parse(readFileSync(join(made, 'summary.json'), 'utf8')) as object;
    writeFileSync(
      join(resultsDirectory, 'summary.json'),
      JSON.stringify({ ...summary, name, runId, resultsDirectory }),
    );
  }
  rmSync(made, { recursive: true });
  const save = ['baseline', 'save', 'main', 'checkout', '--last', '3'];
  expect(await outcomeInThisProcess(prepared, save, environment())).toMatchObject({ exitCode: 0 });
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

it('each line of a block for a shell is carried out, or it is said why not', () => {
  expect(lines.filter(({ line }) => !wayOf(line)).map(({ place, line }) => `${place}: ${line}`)).toEqual([]);
});

it('no way is of lines that are gone', () => {
  const used = new Set(lines.map(({ line }) => ways.find(([pattern]) => pattern.test(line))));
  expect(ways.filter((way) => !used.has(way)).map(([pattern]) => pattern)).toEqual([]);
});

it.each(lines.filter(({ line }) => 'ends' in (wayOf(line) ?? {})))(
  '$place: $line',
  async ({ line, path }) => {
    const folder = mkdtempSync(join(cache, 'line-'));
    cpSync(prepared, folder, { recursive: true });
    const config = join(folder, 'loadwright.config.yaml');
    const other = configurationOf(path);
    if (/loadwright (init|import) /.test(line)) rmSync(config);
    else if (other !== undefined) writeFileSync(config, other);
    if (line.includes('baseline save')) rmSync(join(folder, 'baselines'), { recursive: true });
    const words = shellWords(argumentsOf(line) ?? '--help');
    const { exitCode, stdout, stderr } = await outcomeInThisProcess(folder, words, environment());
    const { ends } = wayOf(line) as Extract<Way, { ends: unknown }>;
    if (ends === 'well') expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout, stderr });
    else expect(stdout + stderr).toMatch(ends);
  },
);
