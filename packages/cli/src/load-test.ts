import { createLoadTest, type LoadTest, type Target } from '@loadwright/core';
import type { LoadedConfig } from '@loadwright/core/config';
import type { CliIo } from './io.js';

/** The load test of a configuration; with another target or environment when it is pointed at an emulator. */
export function createConfiguredTest(
  { config, baseDirectory }: LoadedConfig,
  { target = config.target, environment }: { target?: Target; environment: CliIo['environment'] },
): LoadTest {
  const { name, workers, load, thresholds } = config;
  return createLoadTest({ name, target, workers, load, thresholds, baseDirectory, environment });
}
