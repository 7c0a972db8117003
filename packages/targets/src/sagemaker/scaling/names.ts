import { planNames } from '@loadwright/core/scaling';
import type { ScaledResource } from './scaled-resource.js';

/** The alarm of a step policy of ours. */
export function alarmName(policy: string, { id }: ScaledResource): string {
  return `${policy}-${id.replaceAll('/', '-')}`;
}

export function alarmNames(resource: ScaledResource): string[] {
  return [planNames.jump, planNames.back, planNames.zero].map((policy) => alarmName(policy, resource));
}
