import type { TargetDefinition, TargetFactory } from './contract.js';
import { withClientKey } from './tls.js';

/** Turns a definition into a factory: the one call that a target's module makes. */
export function defineTarget<Input, Options>(
  written: TargetDefinition<Input, Options>,
): TargetFactory<Input, Options> {
  const definition = withClientKey(written);
  const factory = (options: Input) => ({ definition: definition as TargetDefinition, options });
  return Object.assign(factory, { definition });
}
