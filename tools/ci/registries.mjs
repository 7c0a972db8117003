import { delimiter, dirname } from 'node:path';
import { ensureGoTools, goTool } from '../../benchmarks/lib/go-tools.mjs';
import { vitest } from '../lib/test-runners.mjs';
import { ensureCommands } from './machine.mjs';

/**
 * Pushes images to Debian's registry, which other programs then read: crane, and skopeo. Needs Go for crane.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkRegistries(env) {
  await ensureCommands({ 'docker-registry': 'docker-registry', skopeo: 'skopeo' });
  await ensureGoTools(['crane']);
  return vitest('packages/infra', {
    env: { ...env, PATH: [dirname(goTool('crane')), env.PATH].join(delimiter) },
    config: 'vitest.registries.config.ts',
    report: 'registries',
  });
}
