import { isPlainObject } from '../values/json-number.js';
import type { FoundOption, Target, TargetContext } from './contract.js';

/**
 * Fills in the options that a target finds on this machine.
 *
 * @returns the target with them, and where each was found.
 * @throws what the target's `findOptions` throws.
 */
export function withFoundOptions(
  target: Target,
  environment: TargetContext['environment'],
): { readonly target: Target; readonly found: Readonly<Record<string, FoundOption>> } {
  const { definition, options } = target;
  const found = (isPlainObject(options) && definition.findOptions?.(options, { environment })) || {};
  const names = Object.keys(found);
  if (names.length === 0) return { target, found };
  const values = Object.fromEntries(names.map((name) => [name, found[name]!.value]));
  return { target: { definition, options: { ...(options as object), ...values } }, found };
}
