import type { ConformanceCheck } from '@loadwright/core/testing';

/** The checks that are done in a moment; `conformance.test.ts` has those that run a load. */
export function withoutLoads(checks: readonly ConformanceCheck[]): ConformanceCheck[] {
  return checks.filter(({ name }) => !name.startsWith('load'));
}
