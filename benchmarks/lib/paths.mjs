import { join } from 'node:path';
import { root } from '../../tools/lib/paths.mjs';

export { root };
export const benchmarks = join(root, 'benchmarks');
export const clientsFolder = join(benchmarks, 'clients');
export const payloadFile = join(clientsFolder, 'payload.txt');
export const runtimeParent = join(root, 'packages/core/python');
export const targetsFolder = join(root, 'packages/targets/src');
export const resultsFile = join(benchmarks, 'results/latest.json');
export const chartFile = join(benchmarks, 'results/latest.svg');
export const documentFile = join(root, 'docs/reference/benchmarks.md');

/** What is made once and kept between two runs; goes away with node_modules. */
export const cacheFolder = join(root, 'node_modules/.cache/loadwright-benchmarks');
export const venvBin = (name) => join(cacheFolder, 'venv/bin', name);
