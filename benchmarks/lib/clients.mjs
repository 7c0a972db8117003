/** The clients that are compared: how each is started, and what it says about its requests in the end. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, writeBundle } from './bundles.mjs';
import { ensureGoTools, goTool } from './go-tools.mjs';
import { ensureOha, oha } from './oha.mjs';
import { clientsFolder, payloadFile, runtimeParent, venvBin } from './paths.mjs';
import { distinctPayloads } from './payloads.mjs';

/**
 * A client ready to be started.
 *
 * @typedef {object} Prepared
 * @property {readonly string[]} command
 * @property {Record<string, string>} [environment] variables besides those of all clients
 * @property {NodeJS.Signals} stopSignal
 * @property {(output: string) => boolean} isSpawned whether it says that all users are there
 * @property {(output: string) => { counted?: number, failures: number, errors?: string[] }} outcome what it says in the end
 */

// All at once, 5,000 TLS handshakes would keep the first of them waiting for longer than clients wait.
const mostSpawnedPerSecond = 1000;

const locust = (locustfile, { connections, host, folder, plugins = [] }) => {
  const outcomeFile = join(folder, 'outcome.json');
  const files = [locustfile, join(clientsFolder, 'record_outcome.py'), ...plugins];
  const rate = Math.min(connections, mostSpawnedPerSecond);
  const load = ['--users', String(connections), '--spawn-rate', String(rate), '--host', host];
  const output = ['--only-summary', '--exit-code-on-error', '0'];
  return {
    command: [venvBin('locust'), '-f', files.join(','), '--headless', ...load, ...output],
    environment: { BENCHMARK_OUTCOME: outcomeFile },
    stopSignal: 'SIGTERM',
    isSpawned: (log) => log.includes('All users spawned'),
    outcome: () => JSON.parse(readFileSync(outcomeFile, 'utf8')),
  };
};

const ours =
  (target, options = {}) =>
  (setting) => {
    const { connections: users, host, folder, wait } = setting;
    return locust(writeBundle(join(folder, 'bundle'), { target, host, users, wait, ...options }), setting);
  };

/** A chat, whose tokens are counted and timed where it is asked for as a stream. The path says what its answer is. */
export const chat = (path, stream) => ({
  path,
  body: { stream, messages: [{ role: 'user', content: 'Hi' }] },
});

const stock = (file) => (setting) => locust(join(clientsFolder, file), setting);

const wrk = ({ connections, host, wait }) => ({
  command: [
    ...['wrk', '--threads', '1', '--connections', String(connections), '--duration', '1h'],
    ...['--timeout', '60s', '--script', join(clientsFolder, wait ? 'wrk_paced.lua' : 'wrk_post.lua')],
    `${host}/endpoints/benchmark/invocations`,
  ],
  stopSignal: 'SIGINT',
  isSpawned: () => true,
  outcome: (output) => {
    const [, counted] = /^\s+(\d+) requests in/m.exec(output);
    const wrong = [/Non-2xx or 3xx responses: (\d+)/, /Socket errors: (.+)/].map(
      (text) => text.exec(output)?.[1],
    );
    const failures = wrong
      .flatMap((text) => text?.match(/\d+/g) ?? [])
      .reduce((sum, n) => sum + Number(n), 0);
    return { counted: Number(counted), failures };
  },
});

const hey = ({ connections, host }) => ({
  command: [
    ...['hey', '-z', '1h', '-c', String(connections), '-cpus', '1', '-m', 'POST', '-T', 'application/json'],
    ...['-t', '60', '-D', payloadFile, `${host}/endpoints/benchmark/invocations`],
  ],
  stopSignal: 'SIGINT',
  isSpawned: () => true,
  outcome: (output) => {
    const responses = [...output.matchAll(/^\s+\[(\d+)\]\s+(\d+) responses$/gm)];
    const failed = responses.filter(([, code]) => code !== '200');
    // It keeps at most a million results, so it cannot tell how many requests there were. Requests that were under
    // way when it was stopped are errors to it, so neither are those told apart.
    return { failures: failed.reduce((sum, [, , count]) => sum + Number(count), 0) };
  },
});

const ohaWith = (body) => (setting) => {
  const { connections, host, folder } = setting;
  const file = join(folder, 'outcome.json');
  const output = ['--no-tui', '--output-format', 'json', '--output', file];
  const load = ['-z', '1h', '-c', String(connections), '-t', '60s', '-m', 'POST', '-T', 'application/json'];
  const certificate = host.startsWith('https:') ? ['--cacert', setting.authority] : [];
  const url = `${host}/endpoints/benchmark/invocations`;
  return {
    command: [oha, ...load, ...body(setting), ...certificate, ...output, url],
    // One core, one thread.
    environment: { TOKIO_WORKER_THREADS: '1' },
    stopSignal: 'SIGINT',
    isSpawned: () => true,
    outcome: () => {
      const { statusCodeDistribution, errorDistribution } = JSON.parse(readFileSync(file, 'utf8'));
      const { 200: counted = 0, ...others } = statusCodeDistribution;
      // Requests that are under way when it is stopped are errors to it.
      const { 'aborted due to deadline': _, ...errors } = errorDistribution;
      const wrong = [...Object.values(others), ...Object.values(errors)];
      const failures = wrong.reduce((sum, count) => sum + count, 0);
      return { counted, failures, errors: Object.keys(errors) };
    },
  };
};

const vegeta = ({ connections, host, folder, authority }) => {
  const file = join(folder, 'results');
  const targets = join(folder, 'targets');
  const lines = [
    `POST ${host}/endpoints/benchmark/invocations`,
    'Content-Type: application/json',
    `@${payloadFile}`,
  ];
  writeFileSync(targets, `${lines.join('\n')}\n`);
  // As fast as its workers can, each over a connection of its own.
  const load = [
    '-rate=0',
    `-max-workers=${connections}`,
    `-workers=${connections}`,
    '-duration=1h',
    '-timeout=60s',
  ];
  const certificate = host.startsWith('https:') ? [`-root-certs=${authority}`] : [];
  return {
    command: [goTool('vegeta'), 'attack', ...load, ...certificate, `-targets=${targets}`, `-output=${file}`],
    environment: { GOMAXPROCS: '1' },
    stopSignal: 'SIGINT',
    isSpawned: () => true,
    outcome: () => {
      const { requests, status_codes: codes } = JSON.parse(
        execFileSync(goTool('vegeta'), ['report', '-type=json', file], { encoding: 'utf8' }),
      );
      return { counted: requests, failures: requests - (codes[200] ?? 0) };
    },
  };
};

const k6 = ({ connections, host, folder }) => {
  const file = join(folder, 'figures.json');
  const environment = {
    GOMAXPROCS: '1',
    K6_NO_USAGE_REPORT: 'true',
    FIGURES: file,
    VUS: String(connections),
  };
  return {
    command: [goTool('k6'), 'run', '--quiet', join(clientsFolder, 'k6_users.js')],
    environment: { ...environment, URL: `${host}/endpoints/benchmark/invocations`, PAYLOAD: payloadFile },
    stopSignal: 'SIGINT',
    isSpawned: () => true,
    outcome: () => {
      const { requests, failed } = JSON.parse(readFileSync(file, 'utf8'));
      return { counted: requests, failures: failed };
    },
  };
};

const onePayload = () => ['-D', payloadFile];

const signedPayloads = ({ folder }) => {
  const file = join(folder, 'payloads.txt');
  writeFileSync(file, distinctPayloads().join('\n'));
  const key = `${credentials.AWS_ACCESS_KEY_ID}:${credentials.AWS_SECRET_ACCESS_KEY}`;
  return ['-Z', file, '-a', key, '--aws-sigv4', `aws:amz:${credentials.AWS_REGION}:sagemaker`];
};

/**
 * In the order in which they are shown. `ours`: what it counts must agree with the server. `ensure`: makes what it needs. `reconnects`: it need not
 * keep its connections; FastHttpUser takes sockets with a descriptor above 1024 for closed ones.
 */
export const clients = {
  sagemaker: {
    label: 'Loadwright, target sagemaker',
    signed: true,
    ours: true,
    prepare: ours('sagemaker', { distinct: true }),
  },
  'sagemaker-one-payload': {
    label: 'Loadwright, target sagemaker, one payload',
    signed: true,
    ours: true,
    prepare: ours('sagemaker'),
  },
  databricks: { label: 'Loadwright, target databricks', ours: true, prepare: ours('databricks') },
  chalice: { label: 'Loadwright, targets rest and chalice', ours: true, prepare: ours('chalice') },
  dht: { label: 'Loadwright, target dht', ours: true, prepare: ours('dht') },
  'rest-logged': {
    label: 'Loadwright, target rest, 1 % of requests logged',
    ours: true,
    prepare: ours('chalice', { logRequests: 0.01 }),
  },
  'rest-measured': {
    label: 'Loadwright, target rest, a trend and a rate of each answer',
    ours: true,
    prepare: ours('chalice', { locustfile: join(clientsFolder, 'measured_rest.py') }),
  },
  wrk: { label: 'wrk', prepare: wrk },
  hey: { label: 'hey', prepare: hey },
  oha: { label: 'oha', ensure: ensureOha, prepare: ohaWith(onePayload) },
  'oha-signing': {
    label: 'oha, many payloads',
    signed: true,
    ensure: ensureOha,
    prepare: ohaWith(signedPayloads),
  },
  vegeta: { label: 'vegeta', ensure: ensureGoTools, prepare: vegeta },
  k6: { label: 'k6', ensure: ensureGoTools, prepare: k6 },
  'fast-http-user': { label: 'Locust FastHttpUser', reconnects: true, prepare: stock('fast_http_user.py') },
  'fast-http-user-signing': {
    label: 'Locust FastHttpUser + Loadwright’s signer',
    signed: true,
    reconnects: true,
    prepare: stock('fast_http_user_signing.py'),
  },
  'http-user': { label: 'Locust HttpUser', prepare: stock('http_user.py') },
  'http-user-signing': {
    label: 'Locust HttpUser + botocore’s signer',
    signed: true,
    prepare: stock('http_user_signing.py'),
  },
  boto3: { label: 'Locust User + boto3', signed: true, prepare: stock('boto3_user.py') },
  'chat-streamed': {
    label: 'a stream, its tokens counted and timed',
    ours: true,
    prepare: ours('chalice', { chat: chat('/stream', true) }),
  },
  'chat-events': {
    label: 'events that nobody asked for, looked at for errors',
    ours: true,
    prepare: ours('chalice', { chat: chat('/stream', false) }),
  },
  'chat-text': {
    label: 'text of the same bytes',
    ours: true,
    prepare: ours('chalice', { chat: chat('/text', false) }),
  },
};

/**
 * The environment of every client: nothing of the caller's, so that no proxy or LOCUST_ variable changes a figure.
 *
 * @param {{ authority: string }} certificates
 * @param {readonly [number, number]} [wait]
 */
export function clientEnvironment(certificates, wait) {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME ?? '/',
    LANG: 'C.UTF-8',
    PYTHONPATH: runtimeParent,
    PYTHONDONTWRITEBYTECODE: '1',
    SSL_CERT_FILE: certificates.authority,
    REQUESTS_CA_BUNDLE: certificates.authority,
    AWS_CA_BUNDLE: certificates.authority,
    BENCHMARK_PAYLOAD: payloadFile,
    BENCHMARK_CLIENTS: clientsFolder,
    ...(wait && { BENCHMARK_WAIT: wait.join(' ') }),
    ...credentials,
  };
}
