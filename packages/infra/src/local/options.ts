import { durationSchema, secondsOf, validate } from '@loadwright/core/fleet';
import envPaths from 'env-paths';
import { z } from 'zod';
import { environmentSchema, withPlainEnvironment, type Environment } from '../environment.js';

/** Options of {@link localFleet}. Each is optional. */
export const localFleetOptionsSchema = z.strictObject({
  locust: z
    .string()
    .min(1)
    .optional()
    .describe('An existing locust command, instead of the managed one. Variable: LOADWRIGHT_LOCUST.'),
  python: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The Python (3.11 or newer) that the managed Locust is made with. Variable: LOADWRIGHT_PYTHON.',
    ),
  cacheDirectory: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the managed Locust; the user's cache by default. Variable: LOADWRIGHT_CACHE_DIR."),
  webPort: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe("Port of the master's web UI on 127.0.0.1; a free one by default."),
  startTimeout: durationSchema()
    .default('60s')
    .describe('How long the master and its workers may take to start and connect.'),
  environment: environmentSchema,
});

export type LocalFleetOptions = z.input<typeof localFleetOptionsSchema>;

/** Where a Python or a Locust was named, for messages: `option python`, `variable LOADWRIGHT_PYTHON`. */
export interface Named {
  readonly value: string;
  readonly source: string;
}

/** {@link LocalFleetOptions} with variables and defaults filled in. */
export interface LocalFleetSettings {
  readonly locust: Named | undefined;
  readonly python: Named | undefined;
  readonly cacheDirectory: string;
  readonly webPort: number | undefined;
  readonly startTimeoutSeconds: number;
  readonly environment: Environment;
}

/**
 * Fills in variables and defaults; an option wins over its variable, and an empty variable counts as absent.
 *
 * @throws LoadwrightError `CONFIG_INVALID` with every wrong option.
 */
export function resolveOptions(options: LocalFleetOptions): LocalFleetSettings {
  const valid = validate(localFleetOptionsSchema, withPlainEnvironment(options), { field: 'fleet' });
  const environment: Environment = valid.environment ?? process.env;
  const named = (option: 'locust' | 'python', variable: string): Named | undefined => {
    const value = valid[option];
    if (value) return { value, source: `option ${option}` };
    const fromVariable = environment[variable];
    return fromVariable ? { value: fromVariable, source: `variable ${variable}` } : undefined;
  };
  return {
    locust: named('locust', 'LOADWRIGHT_LOCUST'),
    python: named('python', 'LOADWRIGHT_PYTHON'),
    cacheDirectory:
      valid.cacheDirectory ||
      environment['LOADWRIGHT_CACHE_DIR'] ||
      envPaths('loadwright', { suffix: '' }).cache,
    webPort: valid.webPort,
    startTimeoutSeconds: secondsOf(valid.startTimeout),
    environment,
  };
}
