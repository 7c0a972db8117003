import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { userData } from '../../src/ec2/machine/user-data.js';
import type { MachineSettings } from '../../src/ec2/machine/settings.js';

/** Settings as a deploy makes them. */
export const settings: MachineSettings = {
  fleetId: 'fraud-20261123-110134-4f1d',
  region: 'eu-west-1',
  bucket: 'loadwright-fraud-20261123-110134-4f1d-bundle',
  bundleKey: 'bundle.tar.gz',
  bundleSha256: 'a'.repeat(64),
  parameterPrefix: '/loadwright/fraud-20261123-110134-4f1d',
  parameters: ['master/LOADWRIGHT_UI_USERNAME', 'master/LOADWRIGHT_UI_PASSWORD', 'worker/DATABRICKS_TOKEN'],
  workers: 16,
  uiPort: 80,
  expiresAt: new Date('2099-11-23T13:05:07.250Z'),
};

/** One entry of `write_files`. */
export interface WrittenFile {
  readonly path: string;
  readonly owner: string;
  readonly permissions: string;
  readonly content: string;
}

/** What cloud-init reads in the user data. */
export function readUserData(changes: Partial<MachineSettings> = {}) {
  const text = gunzipSync(userData({ ...settings, ...changes })).toString();
  const config = parse(text) as { bootcmd: string[][]; write_files: WrittenFile[]; runcmd: string[][] };
  const content = (path: string) => {
    const found = config.write_files.find((file) => file.path === path);
    if (!found) throw new Error(`the user data does not write ${path}`);
    return found.content;
  };
  return { text, config, content };
}
