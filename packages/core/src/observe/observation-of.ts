import { isChangeable } from '../scaling/change.js';
import type { TargetDefinition } from '../target/contract.js';
import type { ObservationDefinition } from '../target/observation-contract.js';
import type { ScalingDefinition } from '../target/scaling-contract.js';

/** What can be observed of a target's service: what it says itself, else the number of its instances. Undefined: nothing. */
export function observationOf({ observation, scaling }: TargetDefinition): ObservationDefinition | undefined {
  if (observation) return observation;
  return isChangeable(scaling) ? ofScaling(scaling) : undefined;
}

/** How often instances are counted, in seconds. */
const intervalSeconds = 10;

function ofScaling(scaling: ScalingDefinition): ObservationDefinition {
  return {
    figures: {
      instances: { unit: 'instances', description: 'instances that serve', indicates: 'instances' },
      'instances desired': { unit: 'instances', description: 'instances that the service wants to have' },
    },
    intervalSeconds,
    async read(options, context) {
      const { instances, activities } = await scaling.observe(options, context, context.since);
      const point = { at: Date.now(), seconds: 2 * intervalSeconds };
      return {
        points: [
          { ...point, figure: 'instances', value: instances.current },
          { ...point, figure: 'instances desired', value: instances.desired },
        ],
        events: activities.map(({ at, status, description }) => ({ at, text: `${description} (${status})` })),
      };
    },
  };
}
