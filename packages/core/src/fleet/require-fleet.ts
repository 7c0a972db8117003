import { LoadwrightError } from '../errors.js';
import type { Fleet } from './contract.js';

/**
 * The fleet of a program's call, which the types cannot promise in JavaScript, or where a value was looked up.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when it is none.
 */
export function requireFleet(fleet: unknown): Fleet {
  const found = fleet === null ? 'null' : typeof fleet;
  if (found === 'object' && 'plan' in (fleet as object) && 'provision' in (fleet as object))
    return fleet as Fleet;
  const shown = found === 'object' ? 'an object that is none' : found;
  throw new LoadwrightError('CONFIG_INVALID', `fleet: found ${shown}, expected a fleet`, {
    hint: 'Make one with a function of @loadwright/infra: test.run({ fleet: localFleet() }).',
  });
}
