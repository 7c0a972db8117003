/**
 * The part of `docker-machine.mjs` that runs in namespaces of its own.
 *
 * Usage: docker-machine-inside.mjs <folder> <control group>
 *
 * In the folder image/ is the root of Locust's image, and docker-config/ has the plugin Compose.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { LocustMaster, locustVersion } from '@loadwright/core/fleet';
import { parse } from 'yaml';
import { userData } from '../../packages/infra/dist/ec2/machine/user-data.js';
import { pythonBin, root } from '../lib/paths.mjs';
import { execute, mustRun } from '../lib/processes.mjs';
import { checkPulledImage } from './docker-image.mjs';
import { until } from './until.mjs';

/** Below the root of every hierarchy of control groups: `docker-machine.mjs` removes it. */
const cgroup = process.argv[3];
const workers = 4;
const password = 'canary-4f1d-password';
const folder = process.argv[2];
const cli = join(root, 'packages/cli/dist/bin.js');
const image = `locustio/locust:${locustVersion()}`;

// A memory file system over whatever the machine's files and Docker would leave behind.
for (const path of ['/opt', '/run', '/etc/sysctl.d', '/etc/systemd/system']) {
  await mustRun('mount', ['-t', 'tmpfs', 'tmpfs', path]);
}
await mustRun('ip', ['link', 'set', 'lo', 'up']);

const { url: emulator, environment: credentials } = JSON.parse(
  await firstLine(process.execPath, [
    cli,
    ...['emulate', 'sagemaker', '--set', 'endpointName=fraud', '--set', 'region=eu-west-1', '--json'],
  ]),
);
const archive = await renderBundle();
const settings = {
  fleetId: 'a-run',
  region: 'eu-west-1',
  bucket: 'a-bucket',
  bundleKey: 'bundle.tar.gz',
  bundleSha256: createHash('sha256').update(readFileSync(archive)).digest('hex'),
  parameterPrefix: '/loadwright/a-run',
  parameters: ['master/LOADWRIGHT_UI_PASSWORD'],
  workers,
  uiPort: 80,
  expiresAt: new Date(Date.now() + 3_600_000),
};
const aws = await startStandIn();

// A sandbox without CAP_SYS_RESOURCE cannot give containers more open files than it has itself.
const { stdout: openFiles } = await mustRun('sh', ['-c', 'ulimit -Hn'], { quiet: true });
for (const { path, content } of parse(gunzipSync(userData(settings)).toString()).write_files) {
  // There is no systemd here; tests of packages/infra look at its units.
  if (path.startsWith('/etc/systemd/')) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content.replaceAll('nofile: 1048576', `nofile: ${openFiles.trim()}`));
}
const env = { ...process.env, DOCKER_CONFIG: join(folder, 'docker-config') };
const dockerd = ['--data-root', join(folder, 'docker'), '--cgroup-parent', cgroup, '--log-level', 'error'];
const engine = await startEngine('inherit');
await importImage();
await prepare();
if (readlinkSync('/etc/systemd/system/apt-daily-upgrade.timer') !== '/dev/null') {
  throw new Error('the machine upgrades itself while it measures');
}
await testOnce();

// A stop and a start: memory is empty, and the engine starts its containers before anyone else has begun.
engine.kill('SIGTERM');
await once(engine, 'exit');
rmSync('/run/loadwright', { recursive: true });
// It says that it cannot start them: as it should be.
await startEngine('ignore');
if (existsSync('/run/loadwright')) {
  throw new Error('Docker made folders in place of the files with the secrets');
}
await prepare();
await testOnce();

const told = await execute(
  'sh',
  ['-c', 'docker inspect $(docker ps -aq); docker logs loadwright-master-1; ps -ef'],
  {
    env,
    quiet: true,
  },
);
if (told.output.includes(password) || told.output.includes(credentials.AWS_SECRET_ACCESS_KEY)) {
  throw new Error('Docker or the process list shows a secret');
}
await mustRun('sh', ['-c', `! grep -rqsF '${password}' /opt '${join(folder, 'docker')}'`]);
await mustRun('sh', ['-c', 'docker rm --force $(docker ps -aq)'], { env, quiet: true });
await checkPulledImage({ cli, folder, image, env, credentials });
// The first process of the namespaces: everything else ends with it.
process.exit(0);

async function startEngine(errors) {
  const started = spawn('dockerd', dockerd, { stdio: ['ignore', 'ignore', errors] });
  await until(
    'the Docker engine answers',
    async () => (await execute('docker', ['info'], { env, quiet: true })).code === 0,
  );
  return started;
}

/** With the environment that systemd gives a service, which has no home. */
async function prepare() {
  const { PATH, DOCKER_CONFIG } = env;
  const service = { PATH, DOCKER_CONFIG, AWS_EC2_METADATA_SERVICE_ENDPOINT: aws, AWS_ENDPOINT_URL: aws };
  await mustRun('bash', ['/opt/loadwright/prepare.sh'], { env: service });
}

async function testOnce() {
  const master = new LocustMaster({ url: 'http://127.0.0.1', login: { username: 'loadwright', password } });
  await until(`${workers} workers are ready`, async () => {
    const { workers: connected, setUp } = await master.statistics();
    return connected.length === workers && setUp.done;
  });
  await master.swarm({ users: 8, spawnRate: 8, host: emulator });
  await until(
    '1000 requests have succeeded',
    async () => (await master.statistics()).total.succeeded >= 1000,
  );
  await master.stop();
  const { succeeded, failed } = (await master.statistics()).total;
  if (failed > 0) throw new Error(`${failed} of ${succeeded + failed} requests failed`);
  process.stdout.write(`${workers} workers in containers sent ${succeeded} requests\n`);
}

async function firstLine(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return line;
}

async function renderBundle() {
  const config = join(folder, 'loadwright.config.json');
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  const target = {
    ...{ kind: 'sagemaker', endpointName: 'fraud', region: 'eu-west-1', baseUrl: emulator },
    payloads: { inline: [{ instances: [[0.5, 1.5]] }] },
  };
  writeFileSync(
    config,
    JSON.stringify({ target, workers, load: { users: 8, spawnRate: 8, duration: '1m' } }),
  );
  await mustRun(process.execPath, [cli, 'render', '--output', bundle], { cwd: folder, quiet: true });
  const archive = join(folder, 'bundle.tar.gz');
  await mustRun('tar', ['-C', bundle, '-czf', archive, '.']);
  return archive;
}

function startStandIn() {
  const file = join(folder, 'stand-in.json');
  const data = {
    credentials: {
      AccessKeyId: credentials.AWS_ACCESS_KEY_ID,
      SecretAccessKey: credentials.AWS_SECRET_ACCESS_KEY,
      Token: credentials.AWS_SESSION_TOKEN,
    },
    region: settings.region,
    bucket: settings.bucket,
    key: settings.bundleKey,
    file: archive,
    parameters: { [`${settings.parameterPrefix}/master/LOADWRIGHT_UI_PASSWORD`]: password },
  };
  writeFileSync(file, JSON.stringify(data));
  return firstLine(pythonBin('python'), [join(root, 'packages/infra/test/machine/stand_in_aws.py'), file]);
}

async function importImage() {
  const change = ['ENTRYPOINT ["python3", "-m", "locust"]', 'USER 1000', 'ENV PYTHONPATH=/opt/locust'];
  const changes = change.map((text) => `--change '${text}'`).join(' ');
  const command = `tar -C '${join(folder, 'image')}' -c . | docker import ${changes} - ${image}`;
  await mustRun('sh', ['-c', command], { env, quiet: true });
}
