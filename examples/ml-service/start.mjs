/**
 * `npm start`: everything on this machine. The container, SageMaker's emulator before it, the API before that, and two loads: one
 * of the endpoint, one of the API. Ends with 0 when both got PASS.
 */
import { createServer } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { endpointName } from './scripts/endpoint-name.mjs';
import { run, startUntil, stopAll } from './scripts/processes.mjs';
import { chalice, folder, loadwright, python, setUp } from './scripts/set-up.mjs';
import { asText, compareApi, writePage } from './scripts/what-the-api-adds.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

async function startContainer() {
  const port = await startUntil(python, [join(folder, 'container', 'serve.py')], {
    env: { ...process.env, MODEL_FOLDER: join(folder, 'container'), PORT: '0' },
    isReady: (line) => /listening on port (\d+)/.exec(line)?.[1],
  });
  return `http://127.0.0.1:${port}`;
}

/** SageMaker's face before the container: signatures, limits and errors. */
function startEmulator(container) {
  const own = [`endpointName=${endpointName}`, `container=${container}`].flatMap((option) => [
    '--set',
    option,
  ]);
  const args = [loadwright(), 'emulate', 'sagemaker', '--json', '--service-time', '1ms', ...own];
  return startUntil(process.execPath, args, {
    isReady: (line) => (line.startsWith('{') ? JSON.parse(line) : undefined),
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

async function startApi({ url, environment }) {
  // botocore takes an empty profile for the name of one.
  const { AWS_PROFILE: _, ...environmentOfApi } = { ...process.env, ...environment };
  const port = await freePort();
  const args = ['local', '--port', port, '--no-autoreload', '--stage', 'dev'];
  await startUntil(chalice, args, {
    cwd: join(folder, 'api'),
    env: {
      ...environmentOfApi,
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: url,
      ENDPOINT_NAME: endpointName,
      PYTHONUNBUFFERED: '1',
    },
    isReady: (line) => (line.startsWith('Serving on') ? true : undefined),
  });
  return `http://127.0.0.1:${port}`;
}

/** @returns the report, as `loadwright run --json` prints it */
async function load(config, environment) {
  say(`\nLoading by ${config}`);
  const args = [loadwright(), 'run', '--config', config, '--results', 'results', '--json'];
  const { code, stdout } = await run(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
  });
  const report = stdout === '' ? {} : JSON.parse(stdout);
  if (!report.total) throw new Error(`the load by ${config} ended with ${code} and no report`);
  say(`${report.verdict} ${report.reasons.join(' ')}`);
  return { code, report };
}

async function main() {
  await setUp();
  mkdirSync(join(folder, 'results'), { recursive: true });
  say('Starting container, endpoint and API');
  const container = await startContainer();
  const emulator = await startEmulator(container);
  const api = await startApi(emulator);

  const ofEndpoint = await load('endpoint.config.ts', {
    ...emulator.environment,
    AWS_REGION: 'eu-west-1',
    SAGEMAKER_ENDPOINT_URL: emulator.url,
  });
  const ofApi = await load('loadwright.config.ts', { API_URL: api });

  const compared = compareApi(ofEndpoint.report, ofApi.report);
  const page = join(folder, 'results', 'what-the-api-adds.html');
  const linkTo = ({ report: { name, runId } }) => join(name, runId, 'report.html');
  writePage(page, compared, [
    ['report of the endpoint', linkTo(ofEndpoint)],
    ['report of the API', linkTo(ofApi)],
  ]);
  process.stdout.write(`\n${asText(compared)}\n${relative(process.cwd(), page)}\n`);
  return ofEndpoint.code || ofApi.code;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void stopAll().then(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
}
try {
  process.exitCode = await main();
} catch (error) {
  say(`error: ${error.message}`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
