import type { ScalingDefinition } from '@loadwright/core/target';
import type { DatabricksOptions } from '../options.js';
import { apply, restore, suspend } from './change.js';
import { describe, observe } from './endpoint.js';
import { recommend } from './recommend.js';

/**
 * Provisioned concurrency of Model Serving: Databricks scales within its limits by itself, by rules that are not published. The
 * configuration of the endpoint is all there is to be set.
 */
export const databricksScaling: ScalingDefinition<DatabricksOptions> = {
  nameParts: ({ endpointName }) => [endpointName],
  ...{ describe, recommend, apply, restore, observe, suspend },
};
