import {
  LoadwrightError,
  type EnvironmentVariable,
  type ResolvedEnvironment,
  type TargetContext,
} from '@loadwright/core';
import type { DatabricksOptions } from './options.js';

/** The variable that every node reads the token from; the name that Databricks' own tools use. */
export const tokenVariable: EnvironmentVariable = {
  name: 'DATABRICKS_TOKEN',
  secret: true,
  required: true,
  description: 'access token of a user or service principal with CAN QUERY on the endpoint',
};

/**
 * The token: the option, else the variable.
 *
 * @throws `CREDENTIALS_INVALID` when there is none, or when it cannot be sent in a header.
 */
export async function resolveToken(
  options: Pick<DatabricksOptions, 'token'>,
  context: Pick<TargetContext, 'environment'>,
): Promise<ResolvedEnvironment> {
  const token = options.token ?? context.environment[tokenVariable.name]?.trim();
  if (!token) {
    throw new LoadwrightError('CREDENTIALS_INVALID', 'There is no token for the Databricks workspace.', {
      hint:
        'Set the variable DATABRICKS_TOKEN, or the option token, to an access token that has the permission ' +
        'CAN QUERY on the endpoint (in the workspace: Settings, Developer, Access tokens).',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      'The variable DATABRICKS_TOKEN holds spaces, line breaks or characters that no token has.',
      { hint: 'Set it to the token alone; it usually begins with dapi.' },
    );
  }
  return { variables: { [tokenVariable.name]: token } };
}
