import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import type { IamStatement, TargetDefinition } from '../target/contract.js';
import { defineTarget } from '../target/define-target.js';
import type { Probe } from '../fleet/contract.js';
import { preflightFailure } from '../target/preflight-failure.js';
import type { Emulator } from '../target/emulator-contract.js';
import { capacityOptionsSchema, type CapacityOptions } from './capacity.js';
import { startLoopbackEndpoint } from './loopback-endpoint.js';
import { targetConformance } from './target-conformance.js';

const folder = mkdtempSync(join(tmpdir(), 'loadwright-conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));

function pythonFile(name: string, text = 'import locust\n'): URL {
  writeFileSync(join(folder, name), text);
  return pathToFileURL(join(folder, name));
}

const variable = 'MIRROR_TOKEN';
const options = z.strictObject({
  url: z.url().describe('base URL'),
  path: z.string().default('/').describe('what is asked for'),
  token: z.string().optional().describe('its token').meta({ writeOnly: true }),
});
type Options = z.output<typeof options>;
type Definition = TargetDefinition<z.input<typeof options>, Options>;

async function startEmulator(
  capacity: CapacityOptions,
  accepts = (sent: string, token: string) => sent === token,
) {
  const token = randomBytes(12).toString('hex');
  const endpoint = await startLoopbackEndpoint({
    capacity,
    check: ({ headers }) => (accepts(headers['x-token'] ?? '', token) ? undefined : { status: 401 }),
    answer: () => ({ status: 200 }),
    throttled: () => ({ status: 429 }),
  });
  return {
    ...endpoint,
    targetOptions: { url: endpoint.url },
    environment: { [variable]: token },
  } satisfies Emulator & { port: number };
}

/** What the load's client of this target would say: here there is no Python. */
const probe: Probe = async ({ directory, environment, signal }) => {
  const { host } = JSON.parse(readFileSync(join(directory, 'target.json'), 'utf8')) as { host: string };
  const started = performance.now();
  const body = { bytes: 0, isCut: false, text: '' };
  const headers = { 'x-token': environment[variable]! };
  const response = await fetch(host, { headers, ...(signal && { signal }) }).catch(() => undefined);
  return {
    version: 1,
    request: { method: 'GET', url: host, name: 'mirror', headers: {}, body, row: null },
    answer: response ? { status: response.status, headers: {}, body } : null,
    seconds: (performance.now() - started) / 1000,
    sentAt: Date.now() / 1000,
    failure: response ? null : { kind: 'connect', reason: 'connection refused' },
  };
};

/** A small target that does everything right. */
const good: Definition = {
  specificationVersion: 1,
  kind: 'mirror',
  summary: 'A server that answers with nothing',
  options,
  example: { url: 'https://mirror.example.test' },
  locustfile: pythonFile('locustfile.py'),
  pythonModules: [pythonFile('mirror_requests.py')],
  host: ({ url }) => new URL(url).origin,
  targetConfig: ({ path }) => ({ path }),
  environment: () => [{ name: variable, secret: true, required: true, description: 'token' }],
  resolveEnvironment: async ({ token }, { environment }) => {
    const value = token ?? environment[variable];
    if (value) return { variables: { [variable]: value } };
    throw new LoadwrightError('CREDENTIALS_INVALID', `${variable} is not set.`, { hint: 'Set it.' });
  },
  preflight: async (_, { request }) => {
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the mirror');
    const { status } = asked.answer;
    if (status !== 200) {
      const code = status === 401 ? 'CREDENTIALS_INVALID' : 'PREFLIGHT_FAILED';
      throw new LoadwrightError(code, `answered ${status}`, { hint: 'Look.' });
    }
    return { summary: 'answered', latencyMilliseconds: asked.seconds * 1000 };
  },
  iamStatements: () => [statement('dynamodb:GetItem', 'arn:aws:dynamodb:eu-west-1:*:table/mirror')],
  labels: ({ path }) => ({ path }),
  observation: {
    figures: { cpu: { unit: '%', description: 'of all cores', full: 100 } },
    intervalSeconds: 10,
    iamStatements: () => [statement('cloudwatch:GetMetricData', '*')],
    read: async () => ({ points: [{ figure: 'cpu', at: Date.now(), seconds: 20, value: 12 }] }),
  },
  emulator: {
    options: capacityOptionsSchema,
    start: startEmulator as (options: unknown) => Promise<Emulator>,
  },
};

function statement(action: string, resource: string): IamStatement {
  return { Effect: 'Allow', Action: [action], Resource: [resource] };
}

/** The good target with its emulator wrapped. */
function withEmulator(
  change: (emulator: Emulator) => Partial<Emulator>,
  accepts?: Parameters<typeof startEmulator>[1],
): Partial<Definition> {
  return {
    emulator: {
      options: capacityOptionsSchema,
      start: async (capacity) => {
        const emulator = await startEmulator(capacity as CapacityOptions, accepts);
        return { ...emulator, ...change(emulator) };
      },
    },
  };
}

function preflightThrowing(
  code: 'PREFLIGHT_FAILED' | 'ABORTED',
  text: (secret: string) => string,
): Partial<Definition> {
  return {
    preflight: async (parsed, context) =>
      good.preflight!(parsed, context).catch(() => {
        const message = text(context.resolvedEnvironment.variables[variable]!);
        throw new LoadwrightError(code, message, { hint: 'Look.' });
      }),
  };
}

/** Without loads, which need Python: target-load-checks.test.ts has those. */
const ownChecks = (definition: Definition) =>
  targetConformance(defineTarget(definition), { probe }).filter(({ name }) => !name.startsWith('load: '));

const failing = async (name: string, definition: Definition) => {
  const check = ownChecks(definition).find((candidate) => candidate.name === name);
  expect(check, `no check named ${name}`).toBeDefined();
  return expect(check!.run()).rejects;
};

describe('a target that does everything right', () => {
  for (const check of ownChecks(good)) it(check.name, check.run);
});

const observing = (change: Partial<NonNullable<Definition['observation']>>): Partial<Definition> => ({
  observation: { ...good.observation!, ...change },
});
const figures = 'observation: describes its figures, and asks for permissions to read alone';
const reads = 'observation: reads from the emulator what it says it reads';
const wrongSecret = 'emulator: preflight with a wrong secret is refused, without showing it';
const keepsSecrets = 'keeps secret options and variables out of what is written';
const python = 'brings static Python files without secrets';
const leastPrivilege = 'asks for least privilege only';
const missing = 'names the required variable that is missing';
const example = 'accepts its example, and its defaults are stable';
const plain = 'gives a plain and repeatable target.json';
const baseUrl = 'gives a base URL as host';

let calls = 0;
const broken: [check: string, defect: string, change: Partial<Definition>][] = [
  ['names its contract version, kind and summary', 'another version', { specificationVersion: 2 as 1 }],
  ['names its contract version, kind and summary', 'kind in capitals', { kind: 'Mirror' }],
  ['names its contract version, kind and summary', 'no summary', { summary: '' }],
  [example, 'an example that is refused', { example: { url: 'nothing' } }],
  [
    example,
    'defaults that move',
    {
      options: options.extend({
        path: z
          .string()
          .default('/')
          .transform((path) => `${path}/`),
      }),
    },
  ],
  [
    'describes its options as JSON Schema',
    'no description',
    { options: options.extend({ path: z.string().default('/') }) },
  ],
  ['refuses an unknown option by its name', 'takes anything', { options: z.looseObject(options.shape) }],
  [python, 'a file that is missing', { locustfile: new URL('missing.py', good.locustfile) }],
  [python, 'a name that Python cannot import', { pythonModules: [pythonFile('mirror-requests.py')] }],
  [python, 'a name of the bundle itself', { pythonModules: [pythonFile('locust.py')] }],
  [python, 'a secret', { pythonModules: [pythonFile('leaky.py', `TOKEN = "${'x'.repeat(20)}"\n`)] }],
  [baseUrl, 'a trailing slash', { host: () => 'https://mirror.example.test/' }],
  [baseUrl, 'no URL', { host: () => 'mirror' }],
  [plain, 'undefined inside', { targetConfig: () => ({ path: undefined }) as never }],
  [plain, 'another at each call', { targetConfig: () => ({ calls: (calls += 1) }) }],
  [
    'declares well-formed environment variables',
    'lower case',
    { environment: () => [{ name: 'token', secret: true, required: true, description: 'token' }] },
  ],
  ['declares well-formed environment variables', 'nothing finds them', { resolveEnvironment: undefined }],
  [leastPrivilege, 'any resource', { iamStatements: () => [statement('dynamodb:GetItem', '*')] }],
  [
    leastPrivilege,
    'any action',
    { iamStatements: () => [statement('dynamodb:*', 'arn:aws:dynamodb:a:*:b')] },
  ],
  ['labels its reports with text', 'a number', { labels: () => ({ path: 1 }) as never }],
  [keepsSecrets, 'an option in target.json', { targetConfig: ({ token = '' }) => ({ token }) }],
  [keepsSecrets, 'a variable in a label', { labels: () => ({ token: process.env[variable] ?? '' }) }],
  [missing, 'goes on without', { resolveEnvironment: async () => ({ variables: {} }) }],
  [
    missing,
    'does not say which',
    {
      resolveEnvironment: async () => {
        throw new LoadwrightError('CREDENTIALS_INVALID', 'no token', { hint: 'Set it.' });
      },
    },
  ],
  [
    'marks as secret what the options mark as secret',
    'an open variable',
    { environment: () => [{ name: variable, secret: false, required: true, description: 'token' }] },
  ],
  [
    'emulator: describes its options and refuses unknown ones',
    'takes anything',
    { emulator: { ...good.emulator!, options: z.looseObject(capacityOptionsSchema.shape) } },
  ],
  [
    'emulator: preflight succeeds against it',
    'credentials that it refuses itself',
    withEmulator(
      () => ({}),
      () => false,
    ),
  ],
  [
    'emulator: preflight succeeds against it',
    'a preflight that asks nothing',
    { preflight: async () => ({ summary: 'fine', latencyMilliseconds: 1 }) },
  ],
  [
    "emulator: preflight asks with the load's own client",
    'a client of its own',
    {
      preflight: async (parsed, context) => {
        await fetch(parsed.url);
        return good.preflight!(parsed, context);
      },
    },
  ],
  [
    wrongSecret,
    'an emulator that accepts anything',
    withEmulator(
      () => ({}),
      () => true,
    ),
  ],
  [wrongSecret, 'a message that shows the secret', preflightThrowing('PREFLIGHT_FAILED', (secret) => secret)],
  [wrongSecret, 'a wrong code', preflightThrowing('ABORTED', () => 'stopped')],
  [
    'emulator: throttles when its queue is full, and preflight says so',
    'counts nothing',
    withEmulator(() => ({ statistics: () => ({ requests: 9, served: 9, throttled: 0, rejected: 0 }) })),
  ],
  [figures, 'no description', observing({ figures: { cpu: { unit: '%', description: '' } } })],
  [
    figures,
    'a permission to change',
    observing({ iamStatements: () => [statement('sagemaker:UpdateEndpoint', '*')] }),
  ],
  [reads, 'nothing', observing({ read: async () => ({ points: [] }) })],
  [
    reads,
    'a figure of another name',
    observing({ read: async () => ({ points: [{ figure: 'x', at: Date.now(), seconds: 1, value: 1 }] }) }),
  ],
  [
    reads,
    'seconds in place of milliseconds',
    observing({
      read: async () => ({ points: [{ figure: 'cpu', at: Date.now() / 1000, seconds: 1, value: 1 }] }),
    }),
  ],
  [
    'emulator: stops for good, and preflight says that nothing answers',
    'a second stop that fails',
    withEmulator((emulator) => {
      let stopped = false;
      const stop = async () => {
        if (stopped) throw new Error('already stopped');
        stopped = true;
        await emulator.stop();
      };
      return { stop };
    }),
  ],
];

describe('a target with a defect', () => {
  it.each(broken)('fails "%s": %s', async (name, _defect, change) => {
    await (await failing(name, { ...good, ...change })).toThrow();
  });

  it('has a defect for every check', () => {
    const names = ownChecks(good).map(({ name }) => name);
    expect(new Set(broken.map(([name]) => name))).toEqual(new Set(names));
  });
});

describe('known gaps', () => {
  const gap = 'labels its reports with text';
  const run = (definition: Definition, knownGaps: Record<string, string>) =>
    targetConformance(defineTarget(definition), { knownGaps })
      .find(({ name }) => name === gap)!
      .run();

  it('must keep failing', async () => {
    await run({ ...good, labels: () => ({ path: 1 }) as never }, { [gap]: 'not done' });
    await expect(run(good, { [gap]: 'not done' })).rejects.toThrow('take it off the list');
  });

  it('must be checks that exist', () => {
    expect(() => targetConformance(defineTarget(good), { knownGaps: { typing: 'error' } })).toThrow('typing');
  });
});
