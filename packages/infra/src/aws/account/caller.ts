import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { clockOffset, type ClockOffset } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';

/** Who calls. */
export interface Caller {
  readonly accountId: string;
  readonly arn: string;
  /** When the credentials stop working. Absent: never, or not known. */
  readonly credentialsExpireAt: Date | undefined;
  /** How far the clock of AWS is ahead of this machine's; undefined when the answer has no date. */
  readonly clock: ClockOffset | undefined;
}

/** Asks AWS who calls, and what time it is there. */
export async function lookUpCaller(aws: Aws): Promise<Caller> {
  const { expiration } = await aws.sts.config.credentials();
  let clock: ClockOffset | undefined;
  const command = new GetCallerIdentityCommand({});
  command.middlewareStack.add(
    (next) => async (input) => {
      const sentAt = Date.now();
      const result = await next(input);
      const { headers } = result.response as { headers: Readonly<Record<string, string>> };
      clock = clockOffset(headers['date'], sentAt, Date.now());
      return result;
    },
    { name: 'compareClocks', step: 'deserialize', priority: 'low' },
  );
  const { Account = '', Arn = '' } = await aws.sts.send(command);
  return { accountId: Account, arn: Arn, credentialsExpireAt: expiration, clock };
}
