/** Bundles of the four targets, as a stranger would run them: the folder of files, and stock Locust. */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distinctPayloads, payload } from './payloads.mjs';
import { runtimeParent, targetsFolder } from './paths.mjs';

const common = { requestName: 'benchmark', timeoutSeconds: 60 };

/** The configuration of each target: the same POST wherever the target has one. */
const configurations = {
  sagemaker: {
    ...common,
    endpointName: 'benchmark',
    region: 'us-east-1',
    contentType: 'application/json',
    headers: {},
  },
  databricks: { ...common, endpointPath: '/serving-endpoints/benchmark/invocations', format: 'raw' },
  chalice: {
    ...common,
    path: '/endpoints/benchmark/invocations',
    method: 'POST',
    contentType: 'application/json',
    headers: {},
    secretHeaders: {},
  },
  dht: {
    ...common,
    path: '/cache',
    urls: { template: 'https://origin.example/item/{i}', count: 100 },
    choice: 'zipf',
    zipfExponent: 1,
    protocol: 'koorde',
  },
};

/** Stand-ins for what the targets read from the environment. The key is the example of AWS's documentation. */
export const credentials = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  DATABRICKS_TOKEN: 'benchmark',
};

/**
 * @param {string} directory folder to be made
 * @param {{ target: string, host: string, users: number, wait?: [number, number], arrivals?: object,
 *   schedule?: readonly number[], distinct?: boolean, chat?: { path: string, body: object }, logRequests?: number,
 *   locustfile?: string }} options wait: bounds of the pause between two requests of a
 * user, in seconds; schedule: when each request of a trace is due, in seconds; distinct: many payloads in place of one; chat:
 * another path, and the body of each request to it; logRequests: share of requests that are logged; locustfile: in place of the
 * target's own
 * @returns {string} path of the Locust file
 */
export function writeBundle(
  directory,
  { target, host, users, wait = [0, 0], arrivals, schedule, distinct, chat, logRequests, locustfile },
) {
  const file = (name) => join(directory, name);
  mkdirSync(directory, { recursive: true });
  cpSync(join(runtimeParent, 'loadwright_runtime'), file('loadwright_runtime'), {
    recursive: true,
    filter: (path) => !/__pycache__|[\\/]test_\w+\.py$/.test(path),
  });
  const from = join(targetsFolder, target === 'chalice' ? 'rest' : target);
  for (const name of readdirSync(from).filter((entry) => /^(?!test_).*\.py$/.test(entry))) {
    cpSync(join(from, name), file(name));
  }
  if (locustfile) cpSync(locustfile, file('locustfile.py'));
  const json = (name, value) => writeFileSync(file(name), JSON.stringify({ version: 1, ...value }));
  json('target.json', {
    kind: target,
    host,
    config: { ...configurations[target], ...(chat && { path: chat.path }) },
  });
  json('load.json', {
    users,
    spawnRate: users,
    durationSeconds: 3600,
    waitTime: { minimumSeconds: wait[0], maximumSeconds: wait[1] },
    payloadOrder: 'sequential',
    ...(arrivals && { arrivals }),
    ...(logRequests && { logRequests }),
  });
  // Of a session each, so that none waits for another.
  if (schedule)
    writeFileSync(file('schedule.csv'), schedule.map((due, index) => `${due},0,${index}\n`).join(''));
  const one = chat === undefined ? payload : JSON.stringify(chat.body);
  const lines = (distinct ? distinctPayloads() : [one]).map((text) => `{"json":${text}}\n`);
  writeFileSync(file('payloads.jsonl'), lines.join(''));
  return file('locustfile.py');
}
