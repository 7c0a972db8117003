import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** The packages that are published, in the order in which they depend on each other. */
export const packages = ['core', 'targets', 'infra', 'cli', 'loadwright', 'create-loadwright'];

/** What the tools remember between two runs; goes away with node_modules. */
export const cacheFolder = join(root, 'node_modules', '.cache', 'loadwright-tools');

/** An executable of a development dependency. */
export const bin = (name) => join(root, 'node_modules', '.bin', name);

/** An executable of the Python development environment. */
export const pythonBin = (name) => join(root, '.venv', 'bin', name);
