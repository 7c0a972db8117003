import type { ScalingDefinition } from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { apply, restore, suspend } from './change.js';
import { describe, observe } from './describe.js';
import { recommend } from './recommend.js';

/** Application Auto Scaling of a variant, or of an inference component. */
export const sagemakerScaling: ScalingDefinition<SagemakerOptions> = {
  ...{ describe, recommend, apply, restore, observe, suspend },
};
