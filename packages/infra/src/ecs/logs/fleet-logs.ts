import { setTimeout as delay } from 'node:timers/promises';
import { FilterLogEventsCommand, type FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { LoadwrightError, type LogLine, type LogOptions } from '@loadwright/core/fleet';
import { accountProblem } from '../../aws/account/problem.js';
import type { Aws } from '../../aws/clients.js';
import { nameOfLogGroup } from '../../aws/kinds/log-group.js';
import { isAbsent } from '../../aws/service-error.js';

/**
 * How far behind the newest line a follower looks for others, in milliseconds. Log drivers send in batches, and CloudWatch
 * shows those of one stream later than those of another: a line comes seconds after newer ones. AWS gives no limit.
 */
const lateMilliseconds = 60_000;

/** A follower asks so many times before it looks whether the fleet is still there. */
const asksBetweenLooks = 8;

/** Letters of a task's id that name its lines: ECS shows all of them. */
const shownOfTask = 8;

/** What the containers of a fleet wrote, from CloudWatch Logs: also of those that have ended. */
export class FleetLogs {
  readonly #aws: Aws;
  readonly #fleetId: string;

  constructor(aws: Aws, fleetId: string) {
    this.#aws = aws;
    this.#fleetId = fleetId;
  }

  /**
   * The lines so far, by their time.
   *
   * @throws LoadwrightError when CloudWatch refuses, or the log group is gone.
   */
  async *lines(options: LogOptions): AsyncGenerator<LogLine, void> {
    for await (const event of this.#events(options, 0)) yield lineOf(event);
  }

  /**
   * The lines so far and those that come, each once; late ones come after newer ones.
   *
   * @param isGone Whether the master has ended: then its last lines are awaited once more.
   */
  async *follow(
    options: LogOptions & { readonly signal: AbortSignal },
    isGone: () => Promise<boolean>,
  ): AsyncGenerator<LogLine, void> {
    /** Times of the events that were given, by their ids. */
    const given = new Map<string, number>();
    const pause = this.#aws.settings.pace.longestPause;
    let newest = 0;
    let ended = false;
    for (let asked = 1; ; asked += 1) {
      const since = Math.max(0, newest - lateMilliseconds);
      try {
        for await (const event of this.#events(options, since)) {
          const { eventId = '', timestamp = 0 } = event;
          if (given.has(eventId)) continue;
          given.set(eventId, timestamp);
          newest = Math.max(newest, timestamp);
          yield lineOf(event);
        }
      } catch (error) {
        // The logs are removed with their fleet.
        if (asked > 1 && error instanceof LogsGone) return;
        throw error;
      }
      if (ended) return;
      for (const [id, timestamp] of given) if (timestamp < newest - lateMilliseconds) given.delete(id);
      if (asked % asksBetweenLooks === 0) ended = await isGone();
      await delay(pause, undefined, { signal: options.signal });
    }
  }

  /** All events since a time, page by page: pages may be empty in the middle. */
  async *#events({ role, signal }: LogOptions, startTime: number): AsyncGenerator<FilteredLogEvent, void> {
    const { settings, logs } = this.#aws;
    const logGroupName = nameOfLogGroup({ fleetKind: settings.fleetKind, fleetId: this.#fleetId });
    let nextToken: string | undefined;
    do {
      signal?.throwIfAborted();
      const command = new FilterLogEventsCommand({
        logGroupName,
        startTime,
        ...(role && { logStreamNamePrefix: `${role}/` }),
        ...(nextToken !== undefined && { nextToken }),
      });
      const answer = await logs.send(command, signal && { abortSignal: signal }).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw isAbsent(error) ? new LogsGone(this.#fleetId, logGroupName) : accountProblem(error);
      });
      yield* answer.events ?? [];
      ({ nextToken } = answer);
    } while (nextToken !== undefined);
  }
}

/** Nothing removes the log group of a fleet but its removal. */
class LogsGone extends LoadwrightError {
  constructor(fleetId: string, group: string) {
    super('PROVISIONING_FAILED', `The log group ${group} of fleet ${fleetId} is gone.`, {
      hint: 'The fleet was removed, or somebody deleted its log group.',
      next: [{ action: 'show-fleet', fleetId }],
    });
  }
}

/** Streams are named by role, container and task: `worker/worker/6fd1…`. */
function lineOf({ logStreamName = '', message = '' }: FilteredLogEvent): LogLine {
  const [role = '', , task = ''] = logStreamName.split('/');
  return { node: role === 'worker' ? `worker-${task.slice(0, shownOfTask)}` : role, line: message.trimEnd() };
}
