import {
  LoadwrightError,
  type EnvironmentVariable,
  type ResolvedEnvironment,
  type TargetContext,
} from '@loadwright/core';
import type { ChaliceOptions } from './options.js';

export const apiKeyVariable = 'LOADWRIGHT_CHALICE_API_KEY';
export const bearerTokenVariable = 'LOADWRIGHT_CHALICE_BEARER_TOKEN';

export function usesApiKey({ apiKey, authentication }: ChaliceOptions): boolean {
  return authentication === 'api-key' || apiKey !== undefined;
}

export function usesBearerToken({ authentication, bearerToken }: ChaliceOptions): boolean {
  return authentication === 'bearer' || bearerToken !== undefined;
}

export function chaliceVariables(options: ChaliceOptions): EnvironmentVariable[] {
  const variable = (name: string, description: string) => ({
    name,
    secret: true,
    required: true,
    description,
  });
  return [
    ...(usesApiKey(options)
      ? [variable(apiKeyVariable, 'API key of the usage plan in API Gateway, sent as x-api-key')]
      : []),
    ...(usesBearerToken(options)
      ? [
          variable(
            bearerTokenVariable,
            'token that the authorizer of the API accepts, sent as a bearer token',
          ),
        ]
      : []),
    ...Object.entries(options.secretHeaders).map(([header, name]) =>
      variable(name, `secret that every request carries in the header ${header}`),
    ),
  ];
}

/** Finds the secrets in the options or the variables. @throws `CREDENTIALS_INVALID` when one is missing. */
export async function resolveChaliceEnvironment(
  options: ChaliceOptions,
  { environment }: TargetContext,
): Promise<ResolvedEnvironment> {
  const variables: Record<string, string> = {};
  for (const { name } of chaliceVariables(options)) {
    const option =
      name === apiKeyVariable ? 'apiKey' : name === bearerTokenVariable ? 'bearerToken' : undefined;
    const value = (option && options[option]) ?? environment[name];
    if (!value) {
      throw new LoadwrightError('CREDENTIALS_INVALID', `${name} is not set.`, {
        hint: option
          ? `Set the variable ${name} or the option ${option}, or set authentication to none for an open API.`
          : `Set the variable ${name}, which secretHeaders names.`,
      });
    }
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new LoadwrightError(
        'CREDENTIALS_INVALID',
        `${name} holds spaces, line breaks or other characters that a header cannot carry.`,
        { hint: `Set ${name} again, without quotation marks or line breaks around the value.` },
      );
    }
    variables[name] = value;
  }
  return { variables };
}
