import type { EnvironmentVariable, ResolvedEnvironment, TargetContext } from '@loadwright/core/target';
import { resolveRestEnvironment, restVariables, type OptionVariable } from '../rest/credentials.js';
import { resolveSagemakerEnvironment, sagemakerVariables } from '../sagemaker/credentials.js';
import { chaliceWords, regionOf, usesApiKey, type ChaliceOptions } from './options.js';

export const apiKeyVariable = 'LOADWRIGHT_CHALICE_API_KEY';
export const bearerTokenVariable = chaliceWords.tokenVariable;

function apiKey(options: ChaliceOptions): readonly OptionVariable[] {
  if (!usesApiKey(options)) return [];
  const description = 'API key of the usage plan in API Gateway, sent as x-api-key';
  return [{ name: apiKeyVariable, option: 'apiKey', value: options.apiKey, description }];
}

/** What signs requests, where IAM guards the API. */
const signingVariables: readonly EnvironmentVariable[] = sagemakerVariables.map((variable) => ({
  ...variable,
  description: variable.description.replace('sagemaker:InvokeEndpoint', 'execute-api:Invoke'),
}));

export function chaliceVariables(options: ChaliceOptions): readonly EnvironmentVariable[] {
  const variables = restVariables(options, bearerTokenVariable, apiKey(options));
  return options.authentication === 'iam' ? [...variables, ...signingVariables] : variables;
}

/** Finds the secrets in the options or the variables. @throws `CREDENTIALS_INVALID` when one is missing. */
export async function resolveChaliceEnvironment(
  options: ChaliceOptions,
  context: TargetContext,
): Promise<ResolvedEnvironment> {
  const found = resolveRestEnvironment(options, bearerTokenVariable, context, apiKey(options));
  if (options.authentication !== 'iam') return found;
  const region = regionOf(options)!;
  const signing = await resolveSagemakerEnvironment({ region, profile: options.profile }, context);
  return { ...signing, variables: { ...found.variables, ...signing.variables } };
}
