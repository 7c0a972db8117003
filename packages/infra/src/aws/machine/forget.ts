import { readFileSync } from 'node:fs';
import { file, home, type MachineFile } from './cloud-config.js';

/** What `forget.py` reads of the settings of a machine: names alone. */
export interface ForgottenSecrets {
  readonly region: string;
  /** Begins the names, without a slash at its end. */
  readonly parameterPrefix: string;
  /** Names below it. */
  readonly parameters: readonly string[];
}

/** The program that removes the secrets of a fleet when the time of this machine is over: `loadwright-expiry.service` calls it. */
export function forgettingFiles(): MachineFile[] {
  return ['aws_requests.py', 'forget.py'].map((name) => file(`${home}/${name}`, read(name)));
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
