import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MetadataService, type AwsStandIn, type Machine } from '@loadwright/aws-stand-in';
import { parse } from 'yaml';
import { runTool } from '../machine/tools.js';
import type { SelfSigned } from '../self-signed.js';

const home = '/opt/loadwright';
const memory = '/run/loadwright';

/** What a machine is told to do. */
interface CloudConfig {
  readonly write_files: readonly { readonly path: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

/**
 * Does on a machine what its user data says of the certificate of its web UI, with the credentials of its own role.
 *
 * @returns what it has made; undefined: nothing is said of one
 */
export async function makeCertificate(aws: AwsStandIn, machine: Machine): Promise<SelfSigned | undefined> {
  const { write_files: files, runcmd } = parse(gunzipSync(machine.userData).toString()) as CloudConfig;
  const unit = files.find(({ path }) => path.endsWith('/loadwright-certificate.service'));
  const isStarted = runcmd.some((words) => words.join(' ').endsWith('--now loadwright-certificate.service'));
  if (!unit || !isStarted) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'machine-of-master-'));
  const keys = {
    accessKeyId: `ASIA${machine.id}`,
    secretAccessKey: 'of-the-role',
    sessionToken: 'of-the-role',
  };
  const name = await aws.addRoleKeys(keys.accessKeyId, machine.instanceProfile);
  const metadata = await MetadataService.start(machine.privateAddress, name ? { name, keys } : undefined);
  try {
    for (const { path, content } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    mkdirSync(join(folder, memory), { recursive: true, mode: 0o700 });
    const [, command = ''] = /^ExecStart=python3 (.+)$/m.exec(unit.content) ?? [];
    const words = command.split(' ').map((path) => join(folder, path));
    const { exitCode, output } = await runTool('python3', 'python3', [...words, '20'], {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
    });
    if (exitCode !== 0 || words[0] !== join(folder, home, 'certificate.py')) throw new Error(output);
    const read = (file: string) => readFileSync(join(folder, memory, file), 'utf8');
    return { key: read('key.pem'), certificate: read('certificate.pem') };
  } finally {
    await metadata.stop();
    rmSync(folder, { recursive: true });
  }
}
