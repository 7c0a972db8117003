import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.js';

/**
 * Locust reads ~/.locust.conf, in which a line such as `headless = true` would keep the fleet from working.
 *
 * @param instead A folder without such a file.
 */
export function homeWithoutConfiguration(
  { HOME = '' }: Environment,
  instead: string,
): Record<string, string> {
  return existsSync(join(HOME, '.locust.conf')) ? { HOME: instead } : {};
}
