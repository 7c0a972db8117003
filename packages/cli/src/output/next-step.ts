import type { NextStep } from '@loadwright/core/errors';
import { repeating, type GivenOptions } from '../shell/given.js';

/** A step with what to type for it. */
export type TypedStep = NextStep & { readonly command: string };

/** Steps as `--json` prints them; absent where there are none. */
export function nextDocument(
  steps: readonly NextStep[] = [],
  given?: GivenOptions,
): { readonly next?: readonly TypedStep[] } {
  return steps.length === 0
    ? {}
    : { next: steps.map((step) => ({ ...step, command: commandOf(step, given) })) };
}

/** These commands read no configuration. */
const unconfigured: ReadonlySet<NextStep['action']> = new Set([
  'create-configuration',
  'save-baseline',
  'show-target',
]);

/**
 * What to type for what can be done next. Of ids and names that come from elsewhere the caller makes text that can be printed.
 *
 * @param given Options of the command that prints it: the next one reads the same configuration.
 */
export function commandOf(step: NextStep, given: GivenOptions = new Map()): string {
  return repeating(plainCommandOf(step), given, unconfigured.has(step.action) ? [] : ['--config']);
}

function plainCommandOf(step: NextStep): string {
  switch (step.action) {
    case 'create-configuration':
      return 'loadwright init';
    case 'check-setup':
      return 'loadwright doctor';
    case 'plan-fleet':
      return 'loadwright plan';
    case 'deploy-fleet':
      return 'loadwright deploy';
    case 'list-fleets':
      return 'loadwright list';
    case 'remove-unused-fleets':
      return 'loadwright gc';
    case 'restore-scaling':
      return 'loadwright scaling rollback';
    case 'show-fleet':
      return `loadwright status ${step.fleetId}`;
    case 'show-fleet-logs':
      return `loadwright logs ${step.fleetId}`;
    case 'stop-load':
      return `loadwright stop ${step.fleetId}`;
    case 'follow-load':
      return `loadwright follow ${step.fleetId}`;
    case 'destroy-fleet':
      return `loadwright destroy ${step.fleetId}${flagsOf(step.fleet)}`;
    case 'save-baseline':
      return `loadwright baseline save ${step.name}${step.replace ? ' --replace' : ''}`;
    case 'show-target':
      return `loadwright targets show ${step.kind}`;
    case 'show-permissions':
      return `loadwright iam policy${step.of === 'caller' ? '' : ` --${step.of}`}`;
  }
}

function flagsOf(fleet: Extract<NextStep, { action: 'destroy-fleet' }>['fleet']): string {
  if (fleet === undefined) return '';
  const options = Object.entries(fleet.options).map(([name, value]) => ` --${name} ${value}`);
  return ` --fleet ${fleet.kind}${options.join('')}`;
}
