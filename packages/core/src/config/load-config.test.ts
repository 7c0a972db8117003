import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stringifyJson } from '../values/json-number.js';
import { payloadSourceSchema } from '../payloads/source.js';
import { defineTarget } from '../target/define-target.js';
import { validate } from '../validation/validate.js';
import { loadConfig, type LoadConfigOptions } from './load-config.js';

const demo = defineTarget({
  specificationVersion: 1,
  kind: 'demo',
  summary: 'a test',
  options: z.strictObject({
    url: z.string(),
    timeout: z.number().optional(),
    verify: z.boolean().optional(),
    token: z.string().meta({ writeOnly: true }).optional(),
    items: z.array(z.int()).optional(),
    payloads: payloadSourceSchema.optional(),
    free: z.json().optional(),
  }),
  example: { url: 'http://127.0.0.1' },
  locustfile: new URL('file:///locustfile.py'),
  host: ({ url }) => url,
  targetConfig: () => ({}),
});

let cwd = '';
beforeEach(async () => {
  cwd = await realpath(await mkdtemp(join(tmpdir(), 'loadwright-config-')));
});
afterEach(() => rm(cwd, { recursive: true }));

const given = (name: string, content: unknown) =>
  writeFile(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content));

const load = (options: Partial<LoadConfigOptions> = {}) =>
  loadConfig({
    cwd,
    environment: {},
    flags: {},
    builtInTargets: { demo: () => Promise.resolve({ default: demo }) },
    ...options,
  });

const minimal = { target: { kind: 'demo', url: 'http://a' } };

describe('loadConfig', () => {
  it('fills in defaults and tells where each value comes from', async () => {
    await given('loadwright.config.json', { ...minimal, load: { users: 5, duration: '1m' }, workers: 2 });
    const environment = { LOADWRIGHT_USERS: '7', LOADWRIGHT_WORKERS: '3', LOADWRIGHT_NAME: '' };
    const { config, origins, file, baseDirectory } = await load({ environment, flags: { '--users': '9' } });
    expect(config).toEqual({
      target: { definition: demo.definition, options: { url: 'http://a' } },
      load: { users: 9, duration: '1m' },
      workers: 3,
      thresholds: {},
      fleet: { kind: 'local' },
      results: 'results',
    });
    expect(origins).toEqual({
      'target.kind': 'file',
      'target.url': 'file',
      'load.users': 'flag --users',
      'load.duration': 'file',
      workers: 'environment LOADWRIGHT_WORKERS',
      thresholds: 'default',
      'fleet.kind': 'default',
      results: 'default',
    });
    expect(file).toBe(join(cwd, 'loadwright.config.json'));
    expect(baseDirectory).toBe(cwd);
  });

  it('takes every setting from variables and from flags', async () => {
    await given('loadwright.config.yaml', 'target: { kind: demo, url: "http://a" }');
    const environment = {
      LOADWRIGHT_SPAWN_RATE: '2.5',
      LOADWRIGHT_DURATION: '5m',
      LOADWRIGHT_PROFILE: 'constant',
    };
    const flags = { '--users': '1e3', '--name': 'x', '--results': 'out' };
    expect((await load({ environment, flags })).config).toMatchObject({
      load: { profile: 'constant', users: 1000, spawnRate: 2.5, duration: '5m' },
      name: 'x',
      results: join(cwd, 'out'),
    });
  });

  it.each([
    ['ts', `const target: object = { kind: 'demo', url: 'http://a' }; export default { target };`],
    ['mts', `export default { target: { kind: 'demo', url: 'http://a' } as const };`],
    ['js', `module.exports = { target: { kind: 'demo', url: 'http://a' } };`],
    ['mjs', `export default await Promise.resolve({ target: { kind: 'demo', url: 'http://a' } });`],
    ['json', minimal],
    ['yaml', '# a comment\ntarget:\n  kind: demo\n  url: http://a\n'],
  ])('reads .%s', async (ending, content) => {
    await given(`loadwright.config.${ending}`, content);
    expect((await load()).config.target.options).toEqual({ url: 'http://a' });
  });

  const users = { users: 5, spawnRate: 2, duration: '1m', waitTime: { min: '1s', max: '2s' } };
  const rate = { arrivalRate: '5/s', arrivals: 'poisson', maxInFlight: 9, duration: '1m' };
  const stages = (goal: object) => ({ stages: [{ duration: '1m', ...goal }], warmUp: '1s' });
  it.each([
    ['a rate for users', users, { '--arrival-rate': '7/s' }, { arrivalRate: '7/s', duration: '1m' }],
    [
      'a rate for a shape',
      { ...users, profile: 'ramp', hold: '1m' },
      { '--arrival-rate': '7/s' },
      { arrivalRate: '7/s', duration: '1m' },
    ],
    [
      'a rate for stages of users',
      stages({ users: 5 }),
      { '--arrival-rate': '7/s', '--duration': '2m' },
      { arrivalRate: '7/s', duration: '2m', warmUp: '1s' },
    ],
    [
      'a rate for stages of a rate',
      { profile: 'arrival-stages', ...stages({ arrivalRate: '5/s' }), maxInFlight: 9 },
      { '--arrival-rate': '7/s' },
      { arrivalRate: '7/s', maxInFlight: 9, warmUp: '1s' },
    ],
    ['a rate for another one', rate, { '--arrival-rate': '7/s' }, { ...rate, arrivalRate: '7/s' }],
    ['users for a rate', { ...rate, profile: 'arrivals' }, { '--users': '7' }, { users: 7, duration: '1m' }],
    ['users for stages', stages({ users: 5 }), { '--users': '7' }, { users: 7, warmUp: '1s' }],
    [
      'other users',
      { ...users, profile: 'soak' },
      { '--users': '7' },
      { ...users, profile: 'soak', users: 7 },
    ],
    ['no model', rate, { '--spawn-rate': '7' }, { ...rate, spawnRate: 7 }],
  ])('takes by flag %s', async (_what, inFile, flags, expected) => {
    await given('loadwright.config.json', { ...minimal, load: inFile });
    const { config, origins, leftOut } = await load({ flags });
    expect(config.load).toEqual(expected);
    const named = Object.keys(origins).filter((path) => path.startsWith('load.'));
    expect(new Set(named.map((path) => path.split('.')[1]))).toEqual(new Set(Object.keys(expected)));
    const gone = Object.keys(inFile).filter((field) => !(field in expected));
    expect([...leftOut].sort()).toEqual(gone.map((field) => `load.${field}`).sort());
  });

  it('takes a target that the file makes itself, and variables in its options', async () => {
    await given(
      'other.mjs',
      `const definition = { specificationVersion: 1, kind: 'own', summary: 'own', example: {}, locustfile: new URL('file:///a.py'),
        options: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }), jsonSchema: { input: () => ({}) } } },
        host: () => '', targetConfig: () => ({}) };
      export default { target: { definition, options: { url: '\${URL}', when: new Date(0) } }, load: { users: '\${USERS}' } };`,
    );
    const { config, origins } = await load({
      file: 'other.mjs',
      environment: { URL: 'http://b', USERS: '3' },
    });
    expect(config.target.definition.kind).toBe('own');
    expect(config.target.definition.locustfile).toBeInstanceOf(URL);
    expect(config.target.options).toEqual({ url: 'http://b', when: new Date(0) });
    expect(config.load).toEqual({ users: 3 });
    expect(origins).toMatchObject({ 'target.kind': 'file', 'target.url': 'file' });
  });

  it('loads a plugin from beside the file, wherever the command is run', async () => {
    await given('loadwright.config.json', { target: { kind: './none.mjs' } });
    await expect(load()).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      hint: expect.stringContaining(cwd),
    });
  });

  it('fills variables in, with the type of their field', async () => {
    await given(
      'loadwright.config.yaml',
      [
        'target:',
        '  kind: ${KIND}',
        '  url: http://${HOST:-127.0.0.1}:${PORT:-8080}/$${x}',
        '  timeout: ${TIMEOUT}',
        '  verify: ${VERIFY}',
        '  token: ${TOKEN}',
        '  items: ["${ONE:-1}", 2]',
        'workers: ${WORKERS:-4}',
        'load: { users: "${USERS}", duration: "${DURATION}" }',
        'thresholds: { http_req_duration: ["${LIMIT:-p(95)<200}"] }',
      ].join('\n'),
    );
    const environment = {
      KIND: 'demo',
      HOST: '',
      TIMEOUT: '1.5',
      VERIFY: 'false',
      TOKEN: '12345',
      USERS: 'many',
      DURATION: '30s',
    };
    const { config } = await load({ environment });
    expect(config.target.options).toEqual({
      url: 'http://127.0.0.1:8080/${x}',
      timeout: 1.5,
      verify: false,
      token: '12345',
      items: [1, 2],
    });
    expect(config).toMatchObject({
      workers: 4,
      load: { users: 'many', duration: '30s' },
      thresholds: { http_req_duration: ['p(95)<200'] },
    });
  });
});

describe('numbers in a file', () => {
  const target = (rows: string) => `{ "kind": "demo", "url": "http://a", ${rows} }`;
  const rows =
    '"payloads": { "inline": [{ "id": 9007199254740993, "x": 2.0, "y": 1e-7, "z": -0, "n": 1.5 }] }, "timeout": 2.50, ' +
    '"free": { "x": 2.0 }';

  it.each([
    ['json', `{ "target": ${target(rows)}, "workers": 2.0, "load": { "users": 1e1 } }`],
    ['yaml', `target: ${target(rows)}\nworkers: 2.0\nload: { users: 1e1 }\n`],
  ])('keep their text where any JSON may stand, and are numbers elsewhere: %s', async (ending, text) => {
    await given(`loadwright.config.${ending}`, text);
    const { config, origins } = await load();
    const { payloads, ...others } = validate(demo.definition.options, config.target.options, { field: '' });
    expect(stringifyJson(payloads)).toBe(
      '{"inline":[{"id":9007199254740993,"x":2.0,"y":1e-7,"z":-0,"n":1.5}],"order":"sequential"}',
    );
    expect(others).toEqual({ url: 'http://a', timeout: 2.5, free: { x: 2 } });
    expect(config).toMatchObject({ workers: 2, load: { users: 10 } });
    expect(origins).toMatchObject({ 'target.payloads.inline': 'file', 'target.timeout': 'file' });
  });

  it('may be written in the ways of YAML', async () => {
    const text = 'target: { kind: demo, url: "http://a", free: [0x1F, .5, +1, 012, 0o17, .inf] }';
    await given('loadwright.config.yaml', text);
    const { free } = (await load()).config.target.options as { free: unknown };
    expect(free).toEqual([31, 0.5, 1, 12, 15, Infinity]);
  });
});

describe('loadConfig refuses', () => {
  type Wrong = [
    what: string,
    files: Record<string, unknown>,
    options: Partial<LoadConfigOptions>,
    message: string | RegExp,
    hint?: RegExp,
  ];
  const json = 'loadwright.config.json';
  const yaml = 'loadwright.config.yaml';

  it.each<Wrong>([
    [
      'no file',
      {},
      {},
      /^there is no configuration file in .*, expected loadwright\.config\.\{ts,mts,js,mjs,json,yaml\}$/,
      /^Create one/,
    ],
    [
      'two files',
      { [json]: minimal, [yaml]: 'a: 1' },
      {},
      `found several configuration files: ${json}, ${yaml}`,
      /--config <file>/,
    ],
    ['a missing file', {}, { file: 'x.json' }, 'x.json: there is no such file', /Looked for .*x\.json/],
    [
      'another format',
      { 'a.toml': 'a = 1' },
      { file: 'a.toml' },
      'a.toml: found the ending ".toml", expected .ts, .mts, .js, .mjs, .json or .yaml',
    ],
    [
      'broken JSON',
      { [json]: '{"token": canary-1234}\n' },
      {},
      `${json} cannot be read: Unexpected token 'c'`,
    ],
    [
      'a comma too many',
      { [json]: '{\n  "a": 1,\n}' },
      {},
      `${json} cannot be read: Expected double-quoted property name (3:1)`,
    ],
    [
      'a variable in braces of YAML, without quotes',
      { [yaml]: 'target: { kind: x, endpointName: ${EP}, region: eu-west-1 }' },
      {},
      /quote it: in \{ \} and \[ \] write "\$\{NAME\}", not \$\{NAME\}$/,
    ],
    [
      'broken YAML',
      { [yaml]: 'a: [canary-1234\nb: }' },
      {},
      /^loadwright\.config\.yaml cannot be read: [^\n]* \(2:\d+\)$/,
    ],
    [
      'a program that throws',
      { 'loadwright.config.mjs': 'throw new Error("no luck\\nsecond")' },
      {},
      'loadwright.config.mjs cannot be read: no luck',
    ],
    [
      'flags of both models',
      { [json]: minimal },
      { flags: { '--users': '7', '--arrival-rate': '7/s' } },
      'found --users together with --arrival-rate, expected one of them',
    ],
    ['an empty file', { [yaml]: '' }, {}, `${yaml} cannot be read: it is empty`],
    [
      'a list',
      { [json]: [1] },
      {},
      `${json}: found no configuration, expected an object with target`,
      /defineConfig/,
    ],
    [
      'no export',
      { 'loadwright.config.ts': 'const a = 1' },
      {},
      'loadwright.config.ts: found no configuration, expected an object with target',
    ],
    [
      'no target',
      { [json]: { workers: 1 } },
      {},
      'target: missing, expected an object with kind',
      /kind: "sagemaker"/,
    ],
    [
      'no kind',
      { [json]: { target: { url: 'a' } } },
      {},
      'target.kind: missing, expected text that is not empty',
    ],
    [
      'a target by name',
      { [json]: { target: 'demo' } },
      {},
      'target: found "demo", expected an object with kind',
    ],
    [
      'an unknown key',
      { [json]: { ...minimal, worker: 2 } },
      {},
      'worker: unknown option, did you mean "workers"? Allowed: $schema, name, target, hosts, workers, load, thresholds, tolerate, preflight, fleet, exporters, results',
      /Correct .*config\.json/,
    ],
    [
      'an unknown target',
      { [json]: { target: { kind: 'dmeo' } } },
      {},
      'There is no target "dmeo"',
      /Did you mean "demo"\?/,
    ],
    [
      'a fleet without kind',
      { [json]: { ...minimal, fleet: { nodes: 2 } } },
      {},
      'fleet.kind: missing, expected text that is not empty',
    ],
    [
      'a missing variable',
      { [json]: { target: { kind: 'demo', url: '${HOST}' } } },
      {},
      'target.url: the variable HOST is not set',
      /\$\{NAME:-default\}/,
    ],
    [
      'a bad reference',
      { [json]: { target: { kind: 'demo', url: '${MY-HOST}' } } },
      {},
      'target.url: found "${MY-HOST}", expected ${NAME} or ${NAME:-default}; write $${ for a plain ${',
    ],
    [
      'an open reference',
      { [json]: { target: { kind: 'demo', url: 'a${HOST' } } },
      {},
      /^target\.url: found "\$\{HOST", expected/,
    ],
    [
      'text for users',
      { [json]: minimal },
      { flags: { '--users': 'many' } },
      '--users (load.users): found "many", expected a whole number from 1 to 1,000,000',
    ],
    [
      'no worker',
      { [json]: minimal },
      { environment: { LOADWRIGHT_WORKERS: '0' } },
      'LOADWRIGHT_WORKERS (workers): found 0, expected a whole number from 1 to 1,000',
    ],
    [
      'half a user',
      { [json]: minimal },
      { flags: { '--users': '1.5' } },
      '--users (load.users): found 1.5, expected a whole number from 1 to 1,000,000',
    ],
    [
      'an empty flag',
      { [json]: minimal },
      { flags: { '--users': '' } },
      '--users (load.users): found "", expected a whole number from 1 to 1,000,000',
    ],
    [
      'a spawn rate of 0',
      { [json]: minimal },
      { flags: { '--spawn-rate': '0' } },
      '--spawn-rate (load.spawnRate): found 0, expected a number above 0 and of at most 100,000',
    ],
    [
      'no duration',
      { [json]: minimal },
      { environment: { LOADWRIGHT_DURATION: '5 min' } },
      'LOADWRIGHT_DURATION (load.duration): found "5 min"; must be a duration such as 30s, 5m or 1h30m; hours are the largest unit',
    ],
    [
      'another profile',
      { [json]: minimal },
      { flags: { '--profile': 'wave' } },
      '--profile (load.profile): found "wave", expected one of "constant", "ramp", "stages", "step", "spike", "soak", "arrivals", "arrival-stages", "replay"',
    ],
    [
      'a folder as a name',
      { [json]: minimal },
      { flags: { '--name': '../x' } },
      '--name (name): found "../x"; must be 1 to 64 letters, digits, dots, underscores or hyphens',
    ],
    [
      'all at once',
      { [json]: { target: { kind: 'demo', url: '${A}' }, fleets: {}, results: 3 } },
      { flags: { '--users': 'x' } },
      /^target\.url: .*\nresults: found 3, expected text that is not empty\nfleets: unknown option, did you mean "fleet"\?.*\n--users .*$/,
    ],
  ])('%s', async (_what, files, options, message, hint) => {
    for (const [name, content] of Object.entries(files)) await given(name, content);
    const error: unknown = await load(options).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(?:CONFIG|TARGET)_/),
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      ...(hint && { hint: expect.stringMatching(hint) }),
    });
    expect(String(error)).not.toContain('canary');
  });
});
