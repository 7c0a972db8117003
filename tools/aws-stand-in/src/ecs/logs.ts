import { randomUUID } from 'node:crypto';
import {
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilteredLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Account } from '../account.js';
import { errorAnswer, jsonAnswer, throttled } from '../answers.js';
import type { Call, Layer } from '../calls.js';
import { Throttle } from './throttle.js';

/** Days that a group may keep its events: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * What CloudWatch Logs does and moto does not: streams by prefix, pages of which some are empty, events that are seen later than
 * newer ones, a rate of calls, and retentions of a list.
 * docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export function logsLayer({ moto, direct, behaviour }: Account): Layer {
  const throttle = new Throttle();
  /** What is still to come, by the token of the next page, and whether that page is empty. */
  const rests = new Map<string, { readonly rest: readonly FilteredLogEvent[]; readonly isEmpty: boolean }>();

  return async (call, next) => {
    const { retentionInDays, nextToken } = call.parameters;
    if (call.name === 'logs:PutRetentionPolicy' && !retentions.includes(Number(retentionInDays))) {
      return errorAnswer(call, 'InvalidParameterException', 'Invalid retention value');
    }
    if (call.name !== 'logs:FilterLogEvents') return next(call);
    if (behaviour.throttles && !throttle.takes('FilterLogEvents')) return throttled(call);
    if (nextToken === undefined) {
      // Moto says who may not, and which group is not there: with its signature, the call stays as it is.
      const answer = await next(call);
      if (answer.status !== 200) return answer;
      // It may be deleted between the two.
      const all = await moto.unrestricted(() => events(call.parameters)).catch((error: Error) => error);
      return all instanceof Error ? errorAnswer(call, all.name, all.message) : page(all);
    }
    const found = rests.get(String(nextToken));
    return found
      ? page(found.rest, found.isEmpty)
      : errorAnswer(call, 'InvalidParameterException', 'The specified nextToken is invalid.');
  };

  /** After a page that is not the last comes an empty one. */
  function page(found: readonly FilteredLogEvent[], isEmpty = false) {
    const shown = isEmpty ? [] : found.slice(0, behaviour.logPageSize);
    const rest = found.slice(shown.length);
    if (rest.length === 0) return jsonAnswer({ events: shown, searchedLogStreams: [] });
    const nextToken = randomUUID();
    rests.set(nextToken, { rest, isEmpty: !isEmpty });
    return jsonAnswer({ events: shown, searchedLogStreams: [], nextToken });
  }

  async function events(parameters: Call['parameters']): Promise<FilteredLogEvent[]> {
    const { logGroupName: group, logGroupIdentifier, logStreamNamePrefix, startTime, endTime } = parameters;
    const logGroupName = String(group ?? logGroupIdentifier);
    const given = parameters['logStreamNames'] as string[] | undefined;
    const names = given ?? (await streams(logGroupName, String(logStreamNamePrefix ?? '')));
    const found: FilteredLogEvent[] = [];
    // Moto has no answer for a group without streams.
    let token: string | undefined = names.length === 0 ? undefined : '';
    while (token !== undefined) {
      const command: FilterLogEventsCommand = new FilterLogEventsCommand({
        logGroupName,
        logStreamNames: names,
        ...(startTime !== undefined && { startTime: Number(startTime) }),
        ...(endTime !== undefined && { endTime: Number(endTime) }),
        ...(token !== '' && { nextToken: token }),
      });
      const answer = await direct.logs.send(command);
      found.push(...(answer.events ?? []));
      token = answer.nextToken;
    }
    return found.filter(isSeen);
  }

  /** Some of the events are late, and not those that are the oldest. */
  function isSeen({ ingestionTime = 0, message = '' }: FilteredLogEvent): boolean {
    const { logLateness } = behaviour;
    return Date.now() >= ingestionTime + (message.length % 2 === 1 ? logLateness : 0);
  }

  async function streams(logGroupName: string, logStreamNamePrefix: string): Promise<string[]> {
    const names: string[] = [];
    let nextToken: string | undefined;
    do {
      const input = {
        logGroupName,
        ...(logStreamNamePrefix !== '' && { logStreamNamePrefix }),
        ...(nextToken && { nextToken }),
      };
      const answer = await direct.logs.send(new DescribeLogStreamsCommand(input));
      names.push(...(answer.logStreams ?? []).flatMap(({ logStreamName }) => logStreamName ?? []));
      ({ nextToken } = answer);
    } while (nextToken);
    return names;
  }
}
