import { DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Account } from '../account.js';
import { errorAnswer, jsonAnswer } from '../answers.js';
import type { Call, Layer } from '../calls.js';

/** Days that a group may keep its events: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** What CloudWatch Logs does and moto does not: streams by prefix, and retentions of a list. */
export function logsLayer({ moto, direct }: Account): Layer {
  return async (call, next) => {
    const { logGroupName, logStreamNamePrefix, retentionInDays } = call.parameters;
    if (call.name === 'logs:PutRetentionPolicy' && !retentions.includes(Number(retentionInDays))) {
      return errorAnswer(call, 'InvalidParameterException', 'Invalid retention value');
    }
    if (call.name !== 'logs:FilterLogEvents' || logStreamNamePrefix === undefined) return next(call);
    const names = await moto.unrestricted(() =>
      streams(String(logGroupName ?? call.parameters['logGroupIdentifier']), String(logStreamNamePrefix)),
    );
    if (!names) return next(call);
    return names.length > 0
      ? next(withStreams(call, names))
      : jsonAnswer({ events: [], searchedLogStreams: [] });
  };

  /** Undefined where there is no such group: moto says so. */
  async function streams(group: string, logStreamNamePrefix: string): Promise<string[] | undefined> {
    const names: string[] = [];
    let nextToken: string | undefined;
    do {
      const input = { logGroupName: group, logStreamNamePrefix, ...(nextToken && { nextToken }) };
      const answer = await direct.logs.send(new DescribeLogStreamsCommand(input)).catch(() => undefined);
      if (!answer) return undefined;
      names.push(...(answer.logStreams ?? []).flatMap(({ logStreamName }) => logStreamName ?? []));
      ({ nextToken } = answer);
    } while (nextToken);
    return names;
  }
}

function withStreams(call: Call, logStreamNames: readonly string[]): Call {
  const { logStreamNamePrefix: _, ...kept } = call.parameters;
  const body = Buffer.from(JSON.stringify({ ...kept, logStreamNames }));
  return { ...call, request: { ...call.request, body } };
}
