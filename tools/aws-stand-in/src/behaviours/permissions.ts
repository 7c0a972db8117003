import type { Account } from '../account.js';
import { denied } from '../answers.js';
import type { Layer } from '../calls.js';
import type { User } from '../enforcement.js';
import { roleAllows, type Roles } from './machine-roles.js';
import { decide } from './policy.js';
import { requirementsOf } from './requirements.js';

/** The users that a test made, by access key. */
export type Users = Map<string, User>;

/** What moto writes when a permission is missing. */
const refused = /is not authorized to perform: ([\w:-]+)/;

/**
 * Who may do what: actions, resources and conditions. Of users it is asked when a test wants it, of the roles of machines
 * always. moto looks at actions alone, and not at all of them.
 */
export function permissions({ moto, direct }: Account, users: Users, roles: Roles): Layer {
  return async (call, next) => {
    const role = roles.get(call.accessKeyId);
    if (role !== undefined) {
      // Who one is, everybody may ask.
      const allows =
        call.name === 'sts:GetCallerIdentity' ||
        (await moto.unrestricted(() => roleAllows(direct.iam, role, call)));
      return allows ? next(call) : denied(call);
    }
    if (!moto.enforcing) return next(call);
    const statements = users.get(call.accessKeyId)?.statements;
    if (statements) {
      const missing = (await moto.unrestricted(() => requirementsOf(call, direct))).find(
        ({ action, resource, context }) => decide(statements, action, resource, context) !== 'allowed',
      );
      if (missing) return denied(call, missing.action, missing.resource);
    }
    const answer = await next(call);
    // moto says it the same way for every service.
    const action = answer.status === 403 && refused.exec(answer.body.toString())?.[1];
    return action ? denied(call, action) : answer;
  };
}
