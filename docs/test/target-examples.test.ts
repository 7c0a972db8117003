import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createLoadTest, type LoadTestOptions, type RunReport } from '@loadwright/core';
import type { Emulator, TargetDefinition } from '@loadwright/core/target';
import { localFleet } from '@loadwright/infra/local';
import type { SagemakerEmulator } from '@loadwright/targets/sagemaker';
import { expect, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { pages } from './documents.js';
import { project, transpile } from './project.js';

/** A configuration on the page of a target, by the heading above it. */
interface Example {
  readonly name: string;
  readonly text: string;
}

const kinds = ['rest', 'chalice', 'databricks', 'sagemaker', 'dht'];
const examples = kinds.flatMap((kind) => {
  const { text } = pages.find(({ path }) => path === `docs/reference/targets/${kind}.md`)!;
  return text.split(/^#{2,3} /m).flatMap((section): Example[] => {
    const [heading = ''] = section.split('\n', 1);
    return [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => ({
      name: `${kind}: ${heading}`,
      text: block,
    }));
  });
});

/** How an example is run against the emulator of its target, and what its run must show. */
interface Trial {
  readonly emulator?: object;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Variables that the example names by itself. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Options that name a place of the emulator's, beside those that it gives. */
  readonly options?: (emulator: Emulator) => Promise<object>;
  /** Names of its requests. */
  readonly requests: readonly string[];
  /** Those of them that the emulator counts. Default: all. */
  readonly counted?: readonly string[];
  /** Answers are streams of 16 tokens. */
  readonly streams?: true;
  /** The service tells of itself. */
  readonly isObserved?: true;
  /** Each request has an id of its own. */
  readonly inferenceIds?: true;
  /** Requests before the load, where it is not one to each name. */
  readonly before?: number;
  /** Some requests are refused, and asked to wait for so long. */
  readonly throttledMilliseconds?: number;
  /** What a worker and the preflight ask for before they send anything: tokens. */
  readonly tokens?: Readonly<Record<string, number>>;
}

const storedInput = 's3://my-bucket/inputs/1.json';

const one = { requests: ['request'] };
const evaluate = { requests: ['evaluate'] };
const features = { 'features.json': '[{ "rooms": 3, "area": 71.5 }, { "rooms": 5, "area": 140 }]' };
const predict = { requests: ['predict'], files: features };
const invoke = { requests: ['invoke'], files: { 'features.jsonl': '{ "instances": [[0.5, 1.5]] }\n' } };

// It asks for /health and for the first URL before the load.
const cache = { requests: ['cache'], before: 2 };
// A node that is asked for its health counts no request.
const atEntryNodes: Trial = {
  ...cache,
  before: 1,
  options: ({ targetOptions }) => Promise.resolve({ entryNodes: targetOptions['nodes'] }),
};

const trials: Readonly<Record<string, Trial>> = {
  'rest: One route': one,
  'rest: Several routes': { requests: ['/items/{id}', 'order', 'search'] },
  'rest: Flows: steps that use an earlier answer': {
    requests: ['search', 'login', 'order', '/orders/{order}'],
  },
  'rest: Generated values': one,
  'rest: Uploads': { ...one, files: { 'images/a.jpg': 'no image', 'images/b.jpg': 'nor this' } },
  'rest: Several files': {
    ...one,
    files: Object.fromEntries(
      [
        'before/a.jpg',
        'before/b.jpg',
        'after/a.jpg',
        'after/b.jpg',
        'documents/a.pdf',
        'documents/b.pdf',
      ].map((name) => [name, `no ${name}`]),
    ),
  },
  'rest: Streams of tokens': { ...one, emulator: { authentication: 'bearer' }, streams: true },
  'rest: Credentials': { ...one, environment: { MY_TOKEN: 'made-up', MY_SUBSCRIPTION_KEY: 'made-up' } },
  'rest: An app client': {
    ...one,
    tokens: { byClient: 2, refused: 0 },
  },
  'rest: A user': {
    ...one,
    tokens: { byPassword: 2, refused: 0 },
  },
  'rest: Plain http': one,
  'chalice: A configuration': evaluate,
  'chalice: Routes, values and uploads': { requests: ['evaluate', 'greeting'] },
  'chalice: With `chalice local`': { ...evaluate, emulator: { authentication: 'none' } },
  'chalice: Credentials and permissions': { ...evaluate, emulator: { authentication: 'bearer' } },
  'chalice: Signed requests': { ...evaluate, emulator: { authentication: 'iam' } },
  'chalice: A key and a token': {
    requests: ['evaluate', 'greeting'],
    environment: { LOADWRIGHT_CHALICE_API_KEY: 'made-up' },
    // One for the request before the load to each route, and one for the worker.
    tokens: { byPassword: 3, refused: 0 },
  },
  'databricks: A configuration': predict,
  'databricks: Payloads': predict,
  'databricks: Feature serving': { requests: ['features'] },
  // The emulator gives credentials of its own in place of the profile's.
  'databricks: A profile': predict,
  // The endpoint is route-optimised, which the workers find out by themselves.
  'databricks: A service principal': {
    ...predict,
    emulator: { routeOptimized: true },
    tokens: { issued: 4 },
  },
  'databricks: At the URL of the workspace': predict,
  'databricks: URL and id by hand': {
    ...predict,
    emulator: { routeOptimized: true },
    options: endpointByHand,
    tokens: { issued: 3 },
  },
  'databricks: Chats, completions and embeddings': {
    ...predict,
    emulator: { endpointName: 'my-chat' },
    streams: true,
  },
  'databricks: Whole bodies': { ...predict, emulator: { endpointName: 'my-embeddings' } },
  'databricks: Completions': { ...predict, emulator: { endpointName: 'my-completions' }, streams: true },
  'databricks: Other paths': { ...predict, emulator: { endpointName: 'my-chat' } },
  'databricks: Apps and gateways: a whole URL': {
    ...predict,
    emulator: { authentication: 'oauth' },
    // The route of MLflow's own server, which is none of Databricks'.
    options: ({ url }) => Promise.resolve({ endpointUrl: `${url}/invocations` }),
    tokens: { issued: 2, refused: 0 },
  },
  'databricks: Observing the endpoint': { ...predict, isObserved: true },
  'databricks: Two limits with one status': {
    ...predict,
    emulator: { concurrency: 1, queueLimit: 0, serviceTime: '200ms', retryAfterSeconds: 2 },
    throttledMilliseconds: 2000,
  },
  'sagemaker: A configuration': invoke,
  'sagemaker: Which variant answers': invoke,
  'sagemaker: One of the variants': { ...invoke, emulator: { variant: 'Green' } },
  'sagemaker: What the service says meanwhile': { ...invoke, isObserved: true },
  'sagemaker: Parts of an endpoint, and sessions': invoke,
  'sagemaker: One container of several': invoke,
  "sagemaker: Finding a request in the endpoint's data capture": { ...invoke, inferenceIds: true },
  'sagemaker: Serverless endpoints': { ...invoke, emulator: { serverless: { coldStart: '50ms' } } },
  'sagemaker: Private networks and FIPS': invoke,
  'sagemaker: The FIPS endpoint': invoke,
  'sagemaker: Several models on one endpoint': {
    ...invoke,
    requests: ['customer17.tar.gz', 'customer42.tar.gz'],
    before: 1,
  },
  'sagemaker: One model': invoke,
  'sagemaker: A model for each payload': {
    requests: ['customer17.tar.gz', 'customer42.tar.gz'],
    before: 1,
  },
  'sagemaker: Streamed answers': { ...invoke, streams: true },
  'sagemaker: The OpenAI-compatible route': { ...invoke, streams: true },
  'sagemaker: Asynchronous inference': {
    ...invoke,
    files: { 'documents.jsonl': '{ "text": "a document" }\n' },
  },
  'sagemaker: Inputs that are in S3 already': {
    ...invoke,
    files: { 'inputs.jsonl': `"${storedInput}"\n` },
    options: storeInput,
  },
  'sagemaker: A profile, or single sign-on': invoke,
  'dht: A configuration': cache,
  'dht: A list of URLs, all alike': cache,
  'dht: A hot set': cache,
  'dht: A file of URLs': {
    ...cache,
    files: { 'urls.txt': 'https://origin.example/a\nhttps://origin.example/b\n' },
  },
  'dht: A trace': {
    ...cache,
    files: {
      'trace.csv.gz': gzipSync('at,url\n1,https://origin.example/a?b=1&c=2\n2,https://origin.example/d\n'),
    },
  },
  'dht: Entry nodes and other requests': {
    ...atEntryNodes,
    requests: ['cache', 'health', 'metrics'],
    counted: ['cache'],
  },
  'dht: Reading the result': atEntryNodes,
  "dht: The ring's own counts": { ...cache, isObserved: true },
};

it('each configuration on the pages of these targets is run', () => {
  expect(examples.map(({ name }) => name)).toEqual(Object.keys(trials));
});

it.each(casesToTry(examples, { name: ({ name }) => name, handful: 3 }))('$name', async ({ name, text }) => {
  const trial = trials[name]!;
  const { report, counts } = await runAgainstEmulator(text, trial);
  const [total, failed] = [report.total.count, report.total.failed];
  expect(total).toBeGreaterThan(failed);
  const { throttledMilliseconds: wait } = trial;
  expect(report.errors.map(({ kind }) => kind)).toEqual(wait === undefined ? [] : ['throttled']);
  if (wait !== undefined) {
    expect(report.total.metrics['retry_after']).toMatchObject({
      count: failed,
      min: expect.closeTo(wait, -2),
    });
  }
  expect(
    report.requests.map((request) => request.name).every((found) => trial.requests.includes(found)),
  ).toBe(true);
  // The emulator's own count: each route once before the load, and every request of it.
  const { before = trial.requests.length, counted = trial.requests } = trial;
  const load = report.requests.filter((request) => counted.includes(request.name));
  expect(counts.sent).toBe(load.reduce((sum, { count }) => sum + count, before));
  expect(counts.statistics).toMatchObject({ rejected: 0, throttled: failed });
  expect(report.observed !== undefined).toBe(trial.isObserved ?? false);
  expect(counts.tokens).toMatchObject(trial.tokens ?? {});
  if (trial.isObserved) {
    expect(report.observed).toMatchObject({ readings: { failed: 0 }, notes: [] });
    expect(report.observed!.figures.length).toBeGreaterThan(0);
  }
  expect(new Set(counts.inferenceIds).size).toBe(trial.inferenceIds ? counts.sent : 0);
  if (!trial.streams) return;
  expect(report.total.metrics).toMatchObject({
    ...{ time_to_first_token: { count: total }, inter_token_latency: { count: total } },
    output_tokens: { count: 16 * total },
  });
});

async function runAgainstEmulator(text: string, trial: Trial) {
  const folder = project();
  for (const [file, content] of Object.entries({ ...trial.files, 'example.ts': text })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  transpile(folder, folder);
  const { default: example } = (await import(pathToFileURL(join(folder, 'example.js')).href)) as {
    default: LoadTestOptions;
  };
  const { definition, options } = example.target as { definition: TargetDefinition; options: object };
  const given = await definition.emulator!.options['~standard'].validate({
    ...shared(definition.kind, options),
    ...trial.emulator,
  });
  if (given.issues) throw new Error(JSON.stringify(given.issues));
  const emulator = (await definition.emulator!.start(given.value)) as Emulator & {
    tokenRequests?(): Readonly<Record<string, number>>;
    enqueued?(): number;
    inferenceIds?(): readonly string[];
  };
  try {
    const places = { ...emulator.targetOptions, ...(await trial.options?.(emulator)) };
    const report: RunReport = await createLoadTest({
      ...example,
      target: { definition, options: { ...options, ...places } } as LoadTestOptions['target'],
      ...{ baseDirectory: folder, workers: 1, thresholds: {} },
      environment: { ...process.env, ...trial.environment, ...emulator.environment },
      load: { users: 2, duration: '1s' },
    }).run({ fleet: localFleet(), ...(trial.isObserved && { observe: { waitSeconds: 0 } }) });
    const statistics = emulator.statistics();
    // Beside those that are put into a queue, it is asked for their results; beside those of an observed load, for figures.
    const sent = emulator.enqueued?.() || (trial.isObserved ? statistics.served : statistics.requests);
    const inferenceIds = emulator.inferenceIds?.() ?? [];
    return { report, counts: { sent, statistics, inferenceIds, tokens: emulator.tokenRequests?.() ?? {} } };
  } finally {
    await emulator.stop();
  }
}

/** What `--emulator` tells an emulator of the target: the endpoint that is called, or the routes and the way to a token. */
function shared(kind: string, options: object): object {
  const names =
    {
      rest: ['cognito', 'expect', 'flows', 'method', 'route', 'routes'],
      chalice: ['cognito'],
      databricks: ['endpointName'],
      sagemaker: ['endpointName', 'region'],
      dht: ['protocol', 'reencodes'],
    }[kind] ?? [];
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}

/** Puts the input where the payload says that it is. */
function storeInput(emulator: Emulator): Promise<object> {
  (emulator as SagemakerEmulator).s3.write(storedInput, Buffer.from('{ "instances": [[0.5, 1.5]] }'));
  return Promise.resolve({});
}

/** Where a route-optimised endpoint is, as whoever looks it up in the workspace writes it down. */
async function endpointByHand({ environment, targetOptions, url }: Emulator): Promise<object> {
  const { DATABRICKS_CLIENT_ID: id = '', DATABRICKS_CLIENT_SECRET: secret = '' } = environment;
  const token = await fetch(`${url}/oidc/v1/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }),
  });
  const { access_token: bearer } = (await token.json()) as { access_token: string };
  const found = await fetch(`${url}/api/2.0/serving-endpoints/${String(targetOptions['endpointName'])}`, {
    headers: { authorization: `Bearer ${bearer}` },
  });
  const endpoint = (await found.json()) as {
    id: string;
    data_plane_info: { query_info: { endpoint_url: string } };
  };
  return { endpointId: endpoint.id, endpointUrl: endpoint.data_plane_info.query_info.endpoint_url };
}
