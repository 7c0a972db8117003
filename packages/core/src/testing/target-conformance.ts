import assert from 'node:assert/strict';
import type { Probe } from '../fleet/contract.js';
import type { TargetLoad, TargetSubject } from './target-subject.js';
import type { TargetFactory } from '../target/contract.js';
import { withKnownGaps, type ConformanceCheck, type KnownGaps } from './conformance.js';
import { suiteLocust } from './find-locust.js';
import { locustProbe } from './locust-probe.js';
import { targetDefinitionChecks } from './target-definition-checks.js';
import { targetEmulatorChecks } from './target-emulator-checks.js';
import { targetLoadChecks } from './target-load-checks.js';
import { targetObservationChecks } from './target-observation-checks.js';
import { targetScalingChecks } from './scaling/checks.js';
import { targetSecretChecks } from './target-secret-checks.js';

/** What the suite needs to know about a target beyond its definition. */
export interface TargetConformanceOptions<Input> {
  /** Options to check with. Default: the definition's `example`. */
  readonly options?: Input;
  /** Variables around every check. The secrets of the target are filled in. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Path of the Locust that makes the requests. Default: the one that the variable LOADWRIGHT_LOCUST names; else the one that
   * Loadwright keeps, made when it is missing, where `@loadwright/cli` is installed in the project; else `locust`.
   */
  readonly locust?: string;
  /** Makes the requests of the preflight, in place of that Locust. */
  readonly probe?: Probe;
  /**
   * Further short loads, by a name for their checks: a stream with the metrics of its tokens, credentials that are renewed,
   * several names of requests. The suite by itself runs one with its options.
   */
  readonly loads?: Readonly<Record<string, TargetLoad>>;
  /** Options of the emulator with which it reports figures of itself, where it does not by itself. */
  readonly observedEmulator?: object;
  /** Options of the emulator with which its endpoint scales, and fast, where it does not by itself: the checks of `scaling` use it. */
  readonly scaledEmulator?: object;
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
  const { locust: named, probe } = settings;
  const locust = named === undefined ? suiteLocust : async () => named;
  const subject: TargetSubject = {
    factory: factory as TargetFactory,
    definition: factory.definition as TargetFactory['definition'],
    options: settings.options ?? factory.definition.example,
    environment: settings.environment ?? {},
    locust,
    prepareProbe: probe ? async () => {} : locust,
    // One that is given is its giver's to close.
    openProbe: probe ? () => (request) => probe(request) : () => locustProbe(named),
    loads: settings.loads ?? {},
    observedEmulator: settings.observedEmulator,
    scaledEmulator: settings.scaledEmulator,
    optionsWithSecret: settings.optionsWithSecret,
  };
  const checks = [
    ...targetDefinitionChecks(subject),
    ...targetSecretChecks(subject),
    ...targetEmulatorChecks(subject),
    ...targetObservationChecks(subject),
    ...targetScalingChecks(subject),
    ...targetLoadChecks(subject),
  ];
  return withKnownGaps(checks, settings.knownGaps ?? {});
}
