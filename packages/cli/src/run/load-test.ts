import { createLoadTest, type LoadTest, type Target } from '@loadwright/core';
import type { LoadedConfig } from '@loadwright/core/config';
import { withHint } from '../config/with-hint.js';
import type { CliIo } from '../shell/io.js';

/** The load test of a configuration; with another target or environment when it is pointed at an emulator. */
export async function createConfiguredTest(
  { config, baseDirectory, file }: LoadedConfig,
  { target = config.target, environment }: { target?: Target; environment: CliIo['environment'] },
): Promise<LoadTest> {
  const { name, hosts, workers, load, thresholds, tolerate, preflight } = config;
  const { kind } = target.definition;
  return withHint(`correct ${file}; what the target takes: loadwright targets show ${kind}`, () =>
    createLoadTest({
      ...{ name, target, workers, load, thresholds, tolerate, preflight },
      ...(hosts !== undefined && { hosts }),
      baseDirectory,
      environment,
    }),
  );
}
