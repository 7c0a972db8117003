import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLoadTest, type LoadTestOptions, type RunReport } from '@loadwright/core';
import type { Emulator, TargetDefinition } from '@loadwright/core/target';
import { localFleet } from '@loadwright/infra/local';
import { expect, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { pages } from './documents.js';
import { project, transpile } from './project.js';

/** A configuration on the page of a target, by the heading above it. */
interface Example {
  readonly name: string;
  readonly text: string;
}

const kinds = ['rest', 'chalice', 'databricks', 'sagemaker'];
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
  readonly files?: Readonly<Record<string, string>>;
  /** Variables that the example names by itself. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Options that name a place of the emulator's, beside those that it gives. */
  readonly options?: (emulator: Emulator) => Promise<object>;
  /** Names of its requests. */
  readonly requests: readonly string[];
  /** Answers are streams of 16 tokens. */
  readonly streams?: true;
  /** Each request has an id of its own. */
  readonly inferenceIds?: true;
  /** Requests before the load, where it is not one to each name. */
  readonly before?: number;
  /** What a worker and the preflight ask for before they send anything: tokens. */
  readonly tokens?: Readonly<Record<string, number>>;
}

const one = { requests: ['request'] };
const evaluate = { requests: ['evaluate'] };
const features = { 'features.json': '[{ "rooms": 3, "area": 71.5 }, { "rooms": 5, "area": 140 }]' };
const predict = { requests: ['predict'], files: features };
const invoke = { requests: ['invoke'], files: { 'features.jsonl': '{ "instances": [[0.5, 1.5]] }\n' } };

const trials: Readonly<Record<string, Trial>> = {
  'rest: One route': one,
  'rest: Several routes': { requests: ['/items/{id}', 'order', 'search'] },
  'rest: Flows: steps that use an earlier answer': {
    requests: ['search', 'login', 'order', '/orders/{order}'],
  },
  'rest: Generated values': one,
  'rest: Uploads': { ...one, files: { 'images/a.jpg': 'no image', 'images/b.jpg': 'nor this' } },
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
  // The endpoint is route-optimised, which the workers find out by themselves.
  'databricks: A service principal': {
    ...predict,
    emulator: { routeOptimized: true },
    tokens: { issued: 4 },
  },
  'databricks: Route-optimised endpoints': {
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
  'databricks: Other paths': { ...predict, emulator: { endpointName: 'my-chat' } },
  'sagemaker: A configuration': invoke,
  'sagemaker: Which variant answers': invoke,
  'sagemaker: Parts of an endpoint, and sessions': invoke,
  "sagemaker: Finding a request in the endpoint's data capture": { ...invoke, inferenceIds: true },
  'sagemaker: Serverless endpoints': { ...invoke, emulator: { serverless: { coldStart: '50ms' } } },
  'sagemaker: Private networks and FIPS': invoke,
  'sagemaker: Several models on one endpoint': {
    ...invoke,
    requests: ['customer17.tar.gz', 'customer42.tar.gz'],
    before: 1,
  },
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
};

it('each configuration on the pages of these targets is run', () => {
  expect(examples.map(({ name }) => name)).toEqual(Object.keys(trials));
});

it.each(casesToTry(examples, { name: ({ name }) => name, handful: 3 }))('$name', async ({ name, text }) => {
  const trial = trials[name]!;
  const { report, counts } = await runAgainstEmulator(text, trial);
  expect(report.errors).toEqual([]);
  const [total, failed] = [report.total.count, report.total.failed];
  expect(total).toBeGreaterThan(0);
  expect(failed).toBe(0);
  expect(
    report.requests.map((request) => request.name).every((found) => trial.requests.includes(found)),
  ).toBe(true);
  // The emulator's own count: each route once before the load, and every request of it.
  expect(counts.sent).toBe(total + (trial.before ?? trial.requests.length));
  expect(counts.statistics).toMatchObject({ rejected: 0, throttled: 0 });
  expect(counts.tokens).toMatchObject(trial.tokens ?? {});
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
    }).run({ fleet: localFleet() });
    const statistics = emulator.statistics();
    // Beside those that are put into a queue, it is asked for their results.
    const sent = emulator.enqueued?.() || statistics.requests;
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
    }[kind] ?? [];
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
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
