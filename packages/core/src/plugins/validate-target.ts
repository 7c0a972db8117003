import { LoadwrightError } from '../errors.js';
import type { Target, TargetFactory } from '../target/contract.js';
import { describeIssues, describeValue } from '../validation/validate.js';
import { isFactoryLike } from './load-plugin.js';
import { targetDefinitionSchema } from './target-schema.js';

/** The version of the target contract that this copy of Loadwright understands. */
const supportedVersion = 1;

/**
 * Checks that a value is a {@link TargetFactory}.
 *
 * @param origin Where it comes from, for messages: a package, a path or a field.
 * @throws LoadwrightError `TARGET_INVALID` with all that is missing, `TARGET_VERSION_UNSUPPORTED`
 */
export function validateTargetFactory(value: unknown, origin: string): TargetFactory {
  if (!isFactoryLike(value)) {
    throw new LoadwrightError('TARGET_INVALID', `${origin} is not a target: found ${describeValue(value)}`, {
      hint: 'Export what defineTarget({ … }) of @loadwright/core returns, as the default export.',
    });
  }
  validateDefinition(value.definition, origin);
  return value as TargetFactory;
}

/**
 * Checks that a value is a {@link Target}; its options are not looked at.
 *
 * @param field The option that holds it, for messages.
 * @throws LoadwrightError `TARGET_INVALID`, `TARGET_VERSION_UNSUPPORTED`
 */
export function assertTarget(value: unknown, field: string): Target {
  if (isFactoryLike(value)) {
    throw new LoadwrightError(
      'TARGET_INVALID',
      `${field}: found a function that makes targets, expected a target`,
      {
        hint: 'Call it with its options: sagemaker({ … }) instead of sagemaker.',
      },
    );
  }
  if (typeof value !== 'object' || value === null || !('definition' in value)) {
    const found = value === undefined ? 'missing' : `found ${describeValue(value)}`;
    throw new LoadwrightError('TARGET_INVALID', `${field}: ${found}, expected a target`, {
      hint: 'Make one with a function of @loadwright/targets, such as sagemaker({ … }), or of a target plugin.',
    });
  }
  validateDefinition(value.definition, field);
  return value as Target;
}

function validateDefinition(definition: unknown, origin: string): void {
  const version = (definition as { specificationVersion?: unknown } | null | undefined)?.specificationVersion;
  if (typeof version !== 'number') {
    throw new LoadwrightError(
      'TARGET_INVALID',
      `${origin} is not a target: definition.specificationVersion: ${version === undefined ? 'missing' : `found ${describeValue(version)}`}, expected ${supportedVersion}`,
      { hint: 'Make the definition with defineTarget({ specificationVersion: 1, … }) of @loadwright/core.' },
    );
  }
  if (version !== supportedVersion) {
    throw new LoadwrightError(
      'TARGET_VERSION_UNSUPPORTED',
      `${origin} was made for version ${version} of the target contract, this Loadwright understands version ${supportedVersion}`,
      {
        hint:
          version > supportedVersion
            ? 'Upgrade Loadwright: npm install --save-dev @loadwright/cli@latest @loadwright/core@latest'
            : `Upgrade the target ${origin}, or ask its author for a version for contract ${supportedVersion}.`,
      },
    );
  }
  const result = targetDefinitionSchema.safeParse(definition);
  if (result.success) return;
  const problems = describeIssues(result.error.issues, { root: 'definition', input: definition });
  throw new LoadwrightError('TARGET_INVALID', `${origin} is not a target:\n${problems}`, {
    hint: 'See the contract TargetDefinition of @loadwright/core; its conformance suite checks all of it.',
  });
}
