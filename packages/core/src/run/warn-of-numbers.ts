import { partsOf } from '../payloads/source.js';
import { changedIntegers } from '../values/json-number.js';
import type { PreparedTest } from './prepare.js';

/** What should be known of numbers that JavaScript has changed before Loadwright saw them. One line for each. */
export function numberWarnings({ definition, targetOptions }: PreparedTest): string[] {
  const payloads = definition.payloads?.(targetOptions);
  const inline = (payloads === undefined ? [] : partsOf(payloads)).map(({ source }) =>
    typeof source === 'object' && 'inline' in source ? source.inline : [],
  );
  const paths = [
    ...inline.flatMap((values) => [...changedIntegers(values)].map((path) => `payloads.inline${path}`)),
    ...changedIntegers(definition.targetConfig(targetOptions)),
  ];
  if (paths.length === 0) return [];
  const others = paths.length === 1 ? '' : ` and ${paths.length - 1} others`;
  return [
    `${paths[0]}${others}: a whole number beyond 9007199254740991, which JavaScript does not hold exactly. ` +
      'Write it as a bigint (9007199254740993n), or keep the payloads in a .json or .jsonl file.',
  ];
}
