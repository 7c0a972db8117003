import { gzipSync } from 'node:zlib';
import { LoadwrightError } from '@loadwright/core/fleet';
import { stringify } from 'yaml';

/** Limit of EC2, before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const longestBytes = 16_384;

/** Where Loadwright's own files lie on a machine. */
export const home = '/opt/loadwright';

export const units = '/etc/systemd/system';

/** A file that cloud-init writes. */
export interface MachineFile {
  readonly path: string;
  readonly owner: string;
  readonly permissions: string;
  readonly content: string;
}

export function file(path: string, content: string): MachineFile {
  return { path, owner: 'root:root', permissions: '0644', content };
}

export function unitFile(name: string, content: string): MachineFile {
  return file(`${units}/${name}`, content);
}

/** What cloud-init does with a machine. */
export interface CloudConfig {
  /** At every boot, before cloud-init does anything that can fail or take its time. */
  readonly bootcmd: readonly (readonly string[])[];
  /** In this order. */
  readonly write_files: readonly MachineFile[];
  readonly runcmd: readonly (readonly string[])[];
}

/**
 * User data as EC2 takes it: gzipped, to be sent as it is (in base64, as the API wants it). The same settings give the same
 * bytes.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when EC2 would refuse the length.
 */
export function asUserData(config: CloudConfig): Buffer {
  const bytes = gzipSync(`#cloud-config\n${stringify(config)}`, { level: 9 });
  if (bytes.length <= longestBytes) return bytes;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The user data of the machine has ${bytes.length} bytes; EC2 takes ${longestBytes}.`,
    {
      hint: 'Its names are what varies: shorten those of the bucket, the prefix and the variables, or set fewer variables.',
    },
  );
}
