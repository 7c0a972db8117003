import { loadTarget } from '@loadwright/core/command';
import { validate } from '@loadwright/core/fleet';
import type { IamStatement, Target, TargetDefinition, TargetFactory } from '@loadwright/core';
import { builtInTargets } from './built-in-targets.js';
import type { CliIo } from '../shell/io.js';

/** A target by its kind, its package or its path, as a user of this project names it. */
export async function findTarget(reference: string, io: CliIo): Promise<TargetFactory> {
  return loadTarget(reference, { from: io.cwd, builtIn: builtInTargets });
}

/** The example options of a target, as an object. */
export function exampleOf(definition: TargetDefinition): Record<string, unknown> {
  return definition.example as Record<string, unknown>;
}

/** What whoever starts a run of a target must be allowed beside that, and its machines need not. */
export function stagingStatementsOf({ definition, options }: Target): readonly IamStatement[] {
  return definition.stagingStatements?.(validate(definition.options, options, { field: 'target' })) ?? [];
}

/** What whoever asks a target must be allowed to do in AWS. */
export function iamStatementsOf({ definition, options }: Target): readonly IamStatement[] {
  return definition.iamStatements?.(validate(definition.options, options, { field: 'target' })) ?? [];
}
