import { createHash } from 'node:crypto';
import type { Bundle, BundleFile } from './bundle.js';

/** They describe the load, which a deployed fleet gets with each test. */
const aboutTheLoad: ReadonlySet<string> = new Set(['load.json', 'README.md']);

/** SHA-256 over the sorted paths and digests, in hexadecimal. */
export function digestOf(files: readonly BundleFile[]): string {
  const digest = createHash('sha256');
  for (const { path, sha256 } of files) digest.update(`${path}\0${sha256}\n`);
  return digest.digest('hex');
}

/** What a report says of the bundle. Payloads are undefined when it has none. */
export function digestsOf({ digest, files }: Bundle): {
  readonly bundleDigest: string;
  readonly payloadsDigest: string | undefined;
} {
  const payloads = files.find(({ path }) => path === 'payloads.jsonl');
  return { bundleDigest: digest, payloadsDigest: payloads?.sha256 };
}

/** The digest of all of a bundle but its load: two tests that have the same can be made on the same fleet. */
export function digestWithoutLoad({ files }: Pick<Bundle, 'files'>): string {
  return digestOf(files.filter(({ path }) => !isAboutLoad(path)));
}

/** Does a file of a bundle say what load there is, and nothing else? */
export function isAboutLoad(path: string): boolean {
  return aboutTheLoad.has(path);
}
