import { readFileSync } from 'node:fs';

/** Folder of the Python files that this package ships: `loadwright_runtime/` and `requirements.txt`. */
export const pythonDirectory = new URL('../python/', import.meta.url);

/** The pinned requirements of a bundle and of the managed environment: Locust and all it needs, with hashes. */
export const requirementsFile = new URL('requirements.txt', pythonDirectory);

/** The Locust version that {@link requirementsFile} pins: `2.47.0`. @throws Error when it pins none. */
export function locustVersion(): string {
  const version = /^locust==(\S+)/m.exec(readFileSync(requirementsFile, 'utf8'))?.[1];
  if (!version) throw new Error('requirements.txt of @loadwright/core does not pin locust');
  return version;
}
