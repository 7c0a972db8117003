import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, TestIo } from './support.js';

interface WrongInput {
  readonly title: string;
  /** What differs from a configuration that is right. `undefined` takes a field away. */
  readonly config?: Record<string, unknown>;
  /** The file as text, when JSON cannot express it. */
  readonly text?: string;
  readonly file?: string;
  readonly argv?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly exitCode?: number;
  /** What stderr must hold: the field, what was found, what is allowed. */
  readonly says: readonly (string | RegExp)[];
}

const target = {
  kind: 'sagemaker',
  endpointName: 'fraud',
  region: 'eu-west-1',
  payloads: { inline: [{ amount: 1 }] },
};
const load = { users: 5, duration: '10s' };
const right = { target, load };

const wrongInputs: readonly WrongInput[] = [
  // The file.
  { title: 'no configuration file', file: 'other.json', says: ['loadwright.config', 'loadwright init'] },
  { title: 'a file that does not exist', argv: ['--config', 'absent.yaml'], says: ['absent.yaml'] },
  { title: 'broken JSON', text: '{ "load": ', says: ['loadwright.config.json'] },
  { title: 'broken YAML', file: 'loadwright.config.yaml', text: 'a: [1', says: ['loadwright.config.yaml'] },
  { title: 'a list instead of an object', text: '[1, 2]', says: ['loadwright.config.json', 'object'] },
  { title: 'an unknown field', config: { wokers: 2 }, says: ['wokers', 'did you mean "workers"', 'load'] },
  { title: 'no target', config: { target: undefined }, says: ['target', 'missing'] },
  { title: 'no load', config: { load: undefined }, says: ['load', 'missing'] },
  { title: 'a target without a kind', config: { target: { region: 'x' } }, says: ['target.kind', 'missing'] },
  { title: 'a target that is a number', config: { target: 7 }, says: ['target', '7'] },
  {
    title: 'a mistyped kind',
    config: { target: { ...target, kind: 'sagemakr' } },
    says: ['sagemakr', 'sagemaker', 'npm install'],
  },
  {
    title: 'a plugin that is a path to nothing',
    config: { target: { kind: './absent.mjs' } },
    says: ['./absent.mjs'],
  },
  {
    title: 'a variable that is not set',
    config: { target: { ...target, endpointName: '${ABSENT_VARIABLE}' } },
    says: ['target.endpointName', 'ABSENT_VARIABLE'],
  },
  // Options of the target.
  {
    title: 'a missing option of the target',
    config: { target: { ...target, endpointName: undefined } },
    says: ['target.endpointName', 'missing'],
  },
  {
    title: 'an endpoint name that AWS does not allow',
    config: { target: { ...target, endpointName: 'my endpoint' } },
    says: ['target.endpointName', 'my endpoint'],
  },
  {
    title: 'a region that is none',
    config: { target: { ...target, region: 'Ireland' } },
    says: ['target.region', 'Ireland'],
  },
  {
    title: 'an unknown option of the target',
    config: { target: { ...target, endpoint: 'x' } },
    says: ['target.endpoint', /endpointName/],
  },
  {
    title: 'an option of the wrong type',
    config: { target: { ...target, timeout: 70 } },
    says: ['target.timeout', '70', /duration|string|text/],
  },
  // The load.
  {
    title: 'users in words',
    config: { load: { ...load, users: 'many' } },
    says: ['load.users', 'many', '1'],
  },
  { title: 'no users', config: { load: { ...load, users: 0 } }, says: ['load.users', '0', '1'] },
  { title: 'half a user', config: { load: { ...load, users: 1.5 } }, says: ['load.users', '1.5', 'whole'] },
  {
    title: 'a duration without a unit',
    config: { load: { ...load, duration: '10' } },
    says: ['load.duration', '10', '30s'],
  },
  {
    title: 'a duration of nothing',
    config: { load: { ...load, duration: '0s' } },
    says: ['load.duration', '0s'],
  },
  {
    title: 'a negative spawn rate',
    config: { load: { ...load, spawnRate: -1 } },
    says: ['load.spawnRate', '-1'],
  },
  {
    title: 'an unknown profile',
    config: { load: { ...load, profile: 'wave' } },
    says: ['load.profile', 'wave', 'spike'],
  },
  {
    title: 'a peak that is none',
    config: { load: { profile: 'spike', users: 10, peakUsers: 5, duration: '1m' } },
    says: ['load.peakUsers', '10'],
  },
  { title: 'no stages', config: { load: { stages: [] } }, says: ['load.stages'] },
  // Workers, name, thresholds, fleet.
  { title: 'no workers', config: { workers: 0 }, says: ['workers', '0', '1'] },
  { title: 'too many workers', config: { workers: 5000 }, says: ['workers', '5000', '1,000'] },
  { title: 'a name with a slash', config: { name: 'a/b' }, says: ['name', 'a/b', 'letters'] },
  {
    title: 'an unknown metric',
    config: { thresholds: { http_req_time: ['p(95)<200'] } },
    says: ['http_req_time', 'http_req_duration'],
  },
  {
    title: 'a malformed threshold',
    config: { thresholds: { http_req_duration: ['p95 < 200ms'] } },
    says: ['http_req_duration', 'p95 < 200ms'],
  },
  {
    title: 'an aggregation that the metric does not have',
    config: { thresholds: { http_req_failed: ['p(95)<1'] } },
    says: ['http_req_failed', 'p(95)', 'rate'],
  },
  { title: 'an unknown fleet', config: { fleet: { kind: 'moon' } }, says: ['fleet', 'moon', 'local'] },
  {
    title: 'an unknown option of the fleet',
    config: { fleet: { kind: 'local', webprt: 1 } },
    says: ['webprt', 'webPort'],
  },
  // Variables and flags.
  {
    title: 'a variable that is not a number',
    environment: { LOADWRIGHT_WORKERS: 'two' },
    says: ['LOADWRIGHT_WORKERS', 'two', /number/],
  },
  { title: 'a flag that is not a number', argv: ['--workers', 'two'], says: ['--workers', 'two', /number/] },
  {
    title: 'a flag that is no duration',
    argv: ['--duration', 'soon'],
    says: [/--duration|load\.duration/, 'soon', '30s'],
  },
  {
    title: 'a threshold flag without a metric',
    argv: ['--threshold', 'p(95)<200'],
    says: ['--threshold', 'metric'],
  },
  ...['constructor', 'toString'].map((name) => ({
    title: `a threshold flag for ${name}`,
    argv: ['--threshold', `${name}: p(95)<200`],
    says: [name, 'unknown metric', 'http_req_duration'],
  })),
  {
    title: 'an unknown flag',
    argv: ['--wrkers', '2'],
    exitCode: 2,
    says: ['--wrkers', '--workers', 'loadwright run --help'],
  },
  ...[
    ['--vus=5', '--users'],
    ['--rate', '--arrival-rate'],
    ['--run-time', '--duration'],
    ['--stop-timeout', '--graceful-stop'],
  ].map(([flag = '', ours = '']) => ({
    title: `the flag ${flag} of another tool`,
    argv: [flag, '5'],
    exitCode: 2,
    says: [flag.replace(/=.*/, ''), `did you mean ${ours}?`],
  })),
  {
    title: 'a flag without its value',
    argv: ['--users'],
    exitCode: 2,
    says: ['--users', 'argument missing'],
  },
  { title: 'an argument too many', argv: ['now'], exitCode: 2, says: ['too many arguments', '--help'] },
  {
    title: 'a file as an argument',
    argv: ['tests/steady.yaml'],
    exitCode: 2,
    says: ['too many arguments', 'loadwright run --config tests/steady.yaml'],
  },
];

describe('wrong inputs', () => {
  it.each(wrongInputs)('$title', async (row) => {
    const file = row.file ?? 'loadwright.config.json';
    const cwd = await mkdtemp(join(tmpdir(), 'loadwright-wrong-'));
    await writeFile(join(cwd, file), row.text ?? JSON.stringify({ ...right, ...row.config }));
    const io = new TestIo({ cwd, ...(row.environment && { environment: row.environment }) });
    const { exitCode, stdout, stderr } = await run(['run', ...(row.argv ?? [])], io);
    expect({ exitCode, stderr }).toEqual({ exitCode: row.exitCode ?? 104, stderr });
    for (const part of row.says) expect(stderr).toMatch(part);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).toMatch(/^hint: /m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(await readdir(cwd)).toEqual([file]);
  });

  it('are at least thirty', () => {
    expect(wrongInputs.length).toBeGreaterThanOrEqual(30);
  });
});
