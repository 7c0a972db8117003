import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { SupervisedProcess } from '../../src/process/processes.js';
import { settings } from './settings.js';
import type { MachineRoot } from './root.js';
import { runTool } from './tools.js';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const lifeline = fileURLToPath(new URL('../../src/local/run_with_lifeline.py', import.meta.url));
const standInAws = fileURLToPath(new URL('./stand_in_aws.py', import.meta.url));

/** A secret that must be seen nowhere but in the file of the secrets. */
export const canary = 'canary-4f1d-password';

/** The commands of a machine that prepare.sh uses, without effect but for what they remember. */
export function standInCommands(root: MachineRoot): void {
  for (const name of ['sysctl', 'systemctl', 'chown']) root.standIn(name);
  root.standIn('apt-get', `case "$*" in *install*) touch '${root.path('installed')}';; esac`);
  root.standIn(
    'docker',
    `case "$*" in
  'compose version') test -e '${root.path('installed')}' ;;
  'image inspect '*) test -e '${root.path('pulled')}' ;;
  'pull '*) touch '${root.path('pulled')}' ;;
esac`,
  );
  root.write('/dev/console', '');
  mkdirSync(root.path('/run'));
}

/** Packs a file of the root as a deploy packs a bundle. @returns its SHA-256 */
export async function packBundle(root: MachineRoot, entry = 'locustfile.py'): Promise<string> {
  if (entry === 'locustfile.py') root.write(entry, 'print("a bundle")\n');
  const file = root.path('/bundle.tar.gz');
  await create({ cwd: root.folder, file, gzip: true }, [entry]);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Metadata service, S3 and Parameter Store of the machine; the variables that lead there. */
export async function startStandInAws(root: MachineRoot) {
  const data = {
    credentials: { AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'made-up', Token: 'a-token' },
    region: settings.region,
    bucket: settings.bucket,
    key: settings.bundleKey,
    file: root.path('/bundle.tar.gz'),
    parameters: Object.fromEntries(
      settings.parameters.map((name) => [`${settings.parameterPrefix}/${name}`, canary]),
    ),
  };
  writeFileSync(root.path('/stand-in.json'), JSON.stringify(data));
  let announce: (url: string) => void = () => {};
  const listening = new Promise<string>((resolve) => (announce = resolve));
  const server = new SupervisedProcess({
    file: python,
    arguments: [lifeline, python, standInAws, root.path('/stand-in.json')],
    environment: { PATH: process.env['PATH'] ?? '' },
    onLine: (line) => announce(line),
  });
  const url = await listening;
  return {
    environment: { AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_SERVICE_ENDPOINT: url },
    stop: () => server.end(0),
  };
}

/** Runs the script of the user data below the root; what it said on the console, and what the commands printed. */
export async function prepare(root: MachineRoot, environment = {}) {
  writeFileSync(root.path('/dev/console'), '');
  const script = root.path('/opt/loadwright/prepare.sh');
  const env = { ...root.environment, ...environment };
  const { exitCode, output } = await runTool('bash', 'bash', [script, root.folder], env);
  const console = readFileSync(root.path('/dev/console'), 'utf8');
  return {
    exitCode,
    output,
    console,
    said: console.split('\r\n').flatMap((line) => (line ? [line.replace(/^loadwright: /, '')] : [])),
    log: readFileSync(root.path('/run/loadwright.log'), 'utf8'),
  };
}
