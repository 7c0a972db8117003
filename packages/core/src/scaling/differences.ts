import { isDeepStrictEqual } from 'node:util';
import type { ScalingState } from '../target/scaling-contract.js';
import type { JsonObject, JsonValue } from '../values/json.js';

/** One member that differs. Undefined: it is not there. */
export interface ScalingDifference {
  /** Where it is: `policies.loadwright-target.TargetValue`. */
  readonly path: string;
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

/** What would change if the first settings became the second. */
export function settingsDifferences(from: JsonObject, to: JsonObject): ScalingDifference[] {
  return walk(from, to, []);
}

/** What of a state is not as it was: settings, and the number of instances. */
export function stateDifferences(was: ScalingState, is: ScalingState): ScalingDifference[] {
  const desired = (state: ScalingState) => ({ 'instances.desired': state.instances.desired });
  return [...settingsDifferences(was.settings, is.settings), ...walk(desired(was), desired(is), [])];
}

function walk(
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  path: readonly string[],
): ScalingDifference[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (!isObject(from) || !isObject(to)) return [{ path: path.join('.'), from, to }];
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].flatMap((name) => walk(from[name], to[name], [...path, name]));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
