import { durationSchema, parseDuration } from '@loadwright/core/target';
import { z } from 'zod';
import { EmulatedUserPool } from './emulated-user-pool.js';
import { cognitoSchema } from './options.js';

/** Options of an emulator that has a user pool, with authentication cognito. */
export const poolOptions = {
  signIn: z
    .enum(['client', 'user'])
    .optional()
    .describe(
      'cognito only: which credentials it gives to its target: those of an app client, or of a user. Default: as cognito has it, otherwise client',
    ),
  tokenLifetime: durationSchema()
    .default('1h')
    .describe('cognito only: after this time, in whole seconds, a token has expired'),
  cognito: cognitoSchema
    .optional()
    .describe(
      'how its target signs in and carries tokens, as the target has it: then it asks for such tokens',
    ),
};

type PoolOptions = z.output<z.ZodObject<typeof poolOptions>>;

/** What requests must carry: where nobody says, what the target has. */
export function authenticationOf<Kind extends string>(
  { authentication, cognito }: PoolOptions & { readonly authentication?: Kind | undefined },
  otherwise: Kind,
): Kind | 'cognito' {
  return authentication ?? (cognito ? 'cognito' : otherwise);
}

/** The pool of an emulator that wants its tokens. */
export function poolOf({ cognito, signIn, tokenLifetime }: PoolOptions): EmulatedUserPool {
  const isUser = signIn === undefined ? cognito?.username !== undefined : signIn === 'user';
  return new EmulatedUserPool({
    signIn: isUser ? 'user' : 'client',
    lifetimeSeconds: Math.ceil(parseDuration(tokenLifetime)!),
    tokenType: isUser ? (cognito?.tokenType ?? 'id') : 'access',
    header: cognito?.header ?? 'Authorization',
    prefix: cognito?.prefix ?? 'Bearer ',
  });
}
