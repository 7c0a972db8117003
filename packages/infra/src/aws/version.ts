import { readFileSync } from 'node:fs';

let version: string | undefined;

/** The version of this package, for the tags of what it makes. */
export function loadwrightVersion(): string {
  if (version === undefined) {
    const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    version = (JSON.parse(file) as { version: string }).version;
  }
  return version;
}
