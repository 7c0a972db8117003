import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, mustRun } from '../lib/processes.mjs';
import { until } from './until.mjs';

const host = '127.0.0.1:5000';

/**
 * A Docker engine pulls the image that `loadwright image push` has made of a base that the engine pushed, and a container of it
 * sends a right request.
 *
 * @param {{ cli: string, folder: string, image: string, env: NodeJS.ProcessEnv, credentials: Record<string, string> }} options
 * cli: the command; folder: that of its configuration; image: the base, which the engine has; env: of the engine's command;
 * credentials: variables of the bundle
 */
export async function checkPulledImage({ cli, folder, image, env, credentials }) {
  const registry = join(folder, 'registry');
  mkdirSync(registry);
  const config = join(registry, 'config.yml');
  const lines = [
    'version: 0.1',
    'log: {level: error}',
    `storage: {filesystem: {rootdirectory: ${registry}}}`,
    `http: {addr: "${host}"}`,
  ];
  writeFileSync(config, lines.join('\n'));
  spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  await until('the registry answers', async () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const base = `${host}/locust:base`;
  await mustRun('docker', ['tag', image, base], { env, quiet: true });
  await mustRun('docker', ['push', base], { env, quiet: true });
  const push = ['image', 'push', '--to', `${host}/loadwright`, '--base', base, '--json'];
  const { stdout } = await mustRun(process.execPath, [cli, ...push], { cwd: folder, quiet: true });
  const { reference, sent } = JSON.parse(stdout);
  await mustRun('docker', ['pull', reference], { env, quiet: true });
  const variables = Object.keys(credentials).flatMap((name) => ['--env', name]);
  const run = ['run', '--rm', '--network', 'host', ...variables, '--entrypoint', 'python3', reference];
  const { stdout: printed, output } = await execute(
    'docker',
    [...run, '-m', 'loadwright_runtime.preflight'],
    { env: { ...env, ...credentials }, quiet: true },
  );
  const line = printed.split('\n').find((text) => text.startsWith('{'));
  const { answer, failure } = line === undefined ? {} : JSON.parse(line);
  if (answer?.status !== 200 || failure !== null) {
    throw new Error(`the image that was pulled sends no right request: ${output}`);
  }
  process.stdout.write(
    `a container of the pushed image sent a request; ${sent.mounted} layers were mounted\n`,
  );
}
