import { z } from 'zod';
import { JsonNumber } from '../values/json-number.js';
import { assertTarget } from '../plugins/load-target.js';
import { isFactoryLike } from '../plugins/load-plugin.js';
import type { Target } from '../target/contract.js';
import { validate } from '../validation/validate.js';
import type { ByKind } from './contract.js';

/** Something that is named by its kind. */
export const byKindSchema = z.looseObject({ kind: z.string().min(1) });

/** True for what a target's factory made, as opposed to a kind and its options. */
export function isTarget(value: unknown): value is Target {
  return typeof value === 'object' && value !== null && 'definition' in value && 'options' in value;
}

/** Checks the value of `target`. Throws `CONFIG_INVALID`, or what {@link assertTarget} throws. */
export function checkTarget(value: unknown): Target | ByKind {
  if (isTarget(value) || isFactoryLike(value)) return assertTarget(value, 'target');
  return validate(byKindSchema, value, {
    field: 'target',
    hint: 'Name what is tested, with its options: target: { kind: "sagemaker", … }.',
  });
}

/**
 * The dotted paths of all values of a configuration. A list is one value; a target's options stand below `target`, as
 * they do when it is named by its kind.
 */
export function leaves(value: unknown, path = ''): string[] {
  if (isTarget(value)) return [`${path}.kind`, ...leaves(value.options, path)];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof JsonNumber)
    return [path];
  const entries = Object.entries(value);
  if (entries.length === 0) return path === '' ? [] : [path];
  return entries.flatMap(([key, item]) => leaves(item, path === '' ? key : `${path}.${key}`));
}
