import assert from 'node:assert/strict';
import type { Probe } from '../fleet/contract.js';
import type { TargetSubject } from './target-subject.js';
import type { TargetFactory } from '../target/contract.js';
import { withKnownGaps, type ConformanceCheck, type KnownGaps } from './conformance.js';
import { locustProbe } from './locust-probe.js';
import { targetDefinitionChecks } from './target-definition-checks.js';
import { targetEmulatorChecks } from './target-emulator-checks.js';
import { targetSecretChecks } from './target-secret-checks.js';

/** What the suite needs to know about a target beyond its definition. */
export interface TargetConformanceOptions<Input> {
  /** Options to check with. Default: the definition's `example`. */
  readonly options?: Input;
  /** Variables around every check. The secrets of the target are filled in. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Makes the requests of the preflight. Default: the Locust of the variable LOADWRIGHT_LOCUST, else `locust`. */
  readonly probe?: Probe;
  /**
   * Options that hold the given made-up secret, one for each secret option that cannot be set alone (or only with its
   * neighbours). Default: each `writeOnly` property is set by itself.
   */
  readonly optionsWithSecret?: (secret: string) => readonly Input[];
  /** Checks that are known to fail, by name, with the reason. */
  readonly knownGaps?: KnownGaps;
}

/**
 * The checks that every target must pass, ours and strangers' alike; they use no test runner and no network but
 * loopback:
 *
 * ```ts
 * for (const check of targetConformance(mine)) it(check.name, check.run);
 * ```
 */
export function targetConformance<Input, Options>(
  factory: TargetFactory<Input, Options>,
  settings: TargetConformanceOptions<Input> = {},
): ConformanceCheck[] {
  assert(factory?.definition, 'targetConformance needs a factory made with defineTarget');
  const subject: TargetSubject = {
    factory: factory as TargetFactory,
    definition: factory.definition as TargetFactory['definition'],
    options: settings.options ?? factory.definition.example,
    environment: settings.environment ?? {},
    probe: settings.probe ?? locustProbe(),
    optionsWithSecret: settings.optionsWithSecret,
  };
  const checks = [
    ...targetDefinitionChecks(subject),
    ...targetSecretChecks(subject),
    ...targetEmulatorChecks(subject),
  ];
  return withKnownGaps(checks, settings.knownGaps ?? {});
}
