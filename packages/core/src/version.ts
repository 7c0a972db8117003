import { readFileSync } from 'node:fs';

/** The version of Loadwright: its packages are released together, and each takes exactly this version of the others. */
export const loadwrightVersion = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
