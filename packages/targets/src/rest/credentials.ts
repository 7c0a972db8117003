import {
  LoadwrightError,
  type EnvironmentVariable,
  type ResolvedEnvironment,
  type TargetContext,
} from '@loadwright/core/target';
import { cognitoPasswordVariable, cognitoVariables } from './cognito/options.js';
import { allSecretHeaders, type RestOptions } from './options.js';

/** A variable that may be given as an option too. */
export interface OptionVariable {
  readonly name: string;
  /** The option that holds the value, too. */
  readonly option: string;
  readonly value: string | undefined;
  readonly description: string;
}

/** The variables of all headers with a secret. @param known Those that are options too. */
export function restVariables(
  options: RestOptions,
  tokenVariable: string,
  known: readonly OptionVariable[] = [],
): EnvironmentVariable[] {
  const described = new Map(
    withToken(options, tokenVariable, known).map((one) => [one.name, one.description]),
  );
  const headers = Object.entries(allSecretHeaders(options, tokenVariable));
  const named = headers.map(([header, { variable }]) => ({
    name: variable,
    secret: true,
    required: true,
    description: described.get(variable) ?? `secret that every request carries in the header ${header}`,
  }));
  const others = known
    .filter(({ name }) => !named.some((one) => one.name === name))
    .map(({ name, description }) => ({ name, secret: true, required: true, description }));
  return [...others, ...named, ...cognitoVariables(options.cognito)].filter(
    ({ name }, index, all) => all.findIndex((one) => one.name === name) === index,
  );
}

/** Finds the secrets in the options or the variables. @throws `CREDENTIALS_INVALID` when one is missing. */
export function resolveRestEnvironment(
  options: RestOptions,
  tokenVariable: string,
  { environment }: Pick<TargetContext, 'environment'>,
  known: readonly OptionVariable[] = [],
): ResolvedEnvironment {
  const variables: Record<string, string> = {};
  const given = new Map(withToken(options, tokenVariable, known).map((one) => [one.name, one]));
  const ofPool = cognitoVariables(options.cognito).map(({ name }) => name);
  for (const { name, required } of restVariables(options, tokenVariable, known)) {
    const option = given.get(name);
    const value = option?.value ?? environment[name];
    if (!value) {
      if (!required) continue;
      throw new LoadwrightError('CREDENTIALS_INVALID', `${name} is not set.`, {
        hint: option
          ? `Set the variable ${name} or the option ${option.option}, or set authentication to none for an open API.`
          : `Set the variable ${name}, which ${ofPool.includes(name) ? 'the option cognito needs' : 'secretHeaders names'}.`,
      });
    }
    const isPassword = name === cognitoPasswordVariable;
    if (!(isPassword ? /^[\x20-\x7e]+$/ : /^[\x21-\x7e]+$/).test(value)) {
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

function withToken(
  { bearerToken }: RestOptions,
  tokenVariable: string,
  known: readonly OptionVariable[],
): readonly OptionVariable[] {
  const token = {
    name: tokenVariable,
    option: 'bearerToken',
    value: bearerToken,
    description: 'token that the API accepts, sent as a bearer token',
  };
  return [...known, token];
}
