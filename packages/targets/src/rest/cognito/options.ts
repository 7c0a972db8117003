import type { EnvironmentVariable, JsonObject } from '@loadwright/core/target';
import { z } from 'zod';
import { partitionOf } from '../../sagemaker/partition.js';
import { baseUrlSchema, isReadable } from '../base-url.js';
import { headerText } from '../headers.js';

export const cognitoSecretVariable = 'LOADWRIGHT_COGNITO_CLIENT_SECRET';
export const cognitoPasswordVariable = 'LOADWRIGHT_COGNITO_PASSWORD';

const serviceUrl = baseUrlSchema.refine((url) => !isReadable(url), {
  error: 'must be an https URL; http is allowed for this machine (localhost, 127.0.0.1)',
});

/** How tokens are got from a user pool of Amazon Cognito. */
export const cognitoSchema = z
  .strictObject({
    clientId: z
      .string()
      .regex(/^[\w+]{1,128}$/, 'must be the id of an app client: letters and digits')
      .describe(`id of the app client. Its secret is the variable ${cognitoSecretVariable}`),
    domain: serviceUrl
      .optional()
      .describe(
        'client credentials: domain of the user pool, https://{prefix}.auth.{region}.amazoncognito.com or your own',
      ),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be printable ASCII without spaces'))
      .default([])
      .describe('client credentials: scopes to ask for, such as orders/read. Default: all of the app client'),
    username: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        `user password: name of the user, or an alias. The password is the variable ${cognitoPasswordVariable}`,
      ),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'must be a region of AWS, such as eu-west-1')
      .optional()
      .describe('user password: region of the user pool'),
    endpointUrl: serviceUrl
      .optional()
      .describe('user password: URL of Cognito, in place of https://cognito-idp.{region}.amazonaws.com'),
    tokenType: z
      .enum(['access', 'id'])
      .default('access')
      .describe(
        'which token requests carry. An authorizer of a REST API without scopes takes ID tokens, which users alone have',
      ),
    header: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is not the name of an HTTP header')
      .default('Authorization')
      .describe('header that carries the token'),
    prefix: headerText
      .default('Bearer ')
      .describe('what comes before the token, with its blank; empty for the token alone'),
  })
  .superRefine((options, context) => {
    const issue = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    const { domain, endpointUrl, region, scopes, tokenType, username } = options;
    if ((domain === undefined) === (username === undefined)) {
      const found = domain === undefined ? 'neither is given' : 'both are given';
      issue(
        'domain',
        `must be given for client credentials, or username for a user with a password: one of the two (${found})`,
      );
    } else if (username === undefined) {
      for (const [field, value] of Object.entries({ endpointUrl, region })) {
        if (value !== undefined) issue(field, 'has an effect with username alone');
      }
      if (tokenType === 'id') issue('tokenType', 'must be access: client credentials give no ID token');
    } else {
      if (scopes.length > 0)
        issue('scopes', 'has an effect with domain alone: a password gives no other scopes');
      if ((region === undefined) === (endpointUrl === undefined)) {
        issue('region', 'must be given with username, or endpointUrl in its place: one of the two');
      }
    }
  });

export type CognitoOptions = z.output<typeof cognitoSchema>;

/** What the Python files read. */
export function cognitoConfig(options: CognitoOptions): JsonObject {
  const { clientId, domain, endpointUrl, header, prefix, region, scopes, tokenType, username } = options;
  const own = region && `https://cognito-idp.${region}.${partitionOf(region).dnsSuffix}`;
  return {
    cognitoUrl: (domain ?? endpointUrl ?? own)!.replace(/\/+$/, ''),
    cognito: {
      clientId,
      header,
      prefix,
      tokenType,
      ...(scopes.length > 0 && { scopes }),
      ...(username !== undefined && { username }),
    },
  };
}

/** The secrets of an app client, or of a user. */
export function cognitoVariables(options: CognitoOptions | undefined): readonly EnvironmentVariable[] {
  if (options === undefined) return [];
  const isUser = options.username !== undefined;
  const secret = {
    name: cognitoSecretVariable,
    secret: true,
    required: !isUser,
    description: `secret of the Cognito app client${isUser ? ', where it has one' : ''}: every worker asks for tokens and renews them`,
  };
  const password = {
    name: cognitoPasswordVariable,
    secret: true,
    required: true,
    description: 'password of the Cognito user: every worker signs in with it',
  };
  return isUser ? [password, secret] : [secret];
}
