import { LoadwrightError } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { isChangeable, snapshotFileOf, type ScaledEndpoint } from '@loadwright/core/scaling';
import { loadConfiguration, resultsOf } from '../config/configuration.js';
import type { Context } from '../shell/context.js';

export interface EndpointFlags {
  readonly config?: string;
}

/** The endpoint of the configuration of this folder, with the way in which its service scales. */
export async function configuredEndpoint(
  { config }: EndpointFlags,
  context: Context,
  signal: AbortSignal,
): Promise<ScaledEndpoint> {
  const { io } = context;
  const loaded = await loadConfiguration({ ...(config !== undefined && { config }) }, io, 'scaling');
  const { definition, options: given } = loaded.config.target;
  const { scaling, kind } = definition;
  if (!isChangeable(scaling)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `target: the scaling of ${kind} cannot be changed from here.`,
      {
        hint: 'This works with sagemaker and databricks, and with targets of your own that have a member "scaling".',
      },
    );
  }
  const options = validate(definition.options, given, { field: 'target' });
  return {
    scaling,
    options,
    kind,
    snapshotFile: snapshotFileOf(resultsOf(loaded), definition, options),
    context: {
      environment: io.environment,
      baseDirectory: loaded.baseDirectory,
      signal,
      onChange: (intent) => context.note(`  ${intent}`),
    },
  };
}
