import {
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type CloudWatchLogsClient,
} from '@aws-sdk/client-cloudwatch-logs';
import { CannotStart } from '../runtime.js';

/** How long lines wait for others, in milliseconds. */
const batchMilliseconds = 200;

/** What the log driver awslogs does with the lines of a container. */
export class LogStream {
  readonly #client: CloudWatchLogsClient;
  readonly #names: { readonly logGroupName: string; readonly logStreamName: string };
  #waiting: { timestamp: number; message: string }[] = [];
  #sending: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(client: CloudWatchLogsClient, logGroupName: string, logStreamName: string) {
    this.#client = client;
    this.#names = { logGroupName, logStreamName };
  }

  /** @throws CannotStart where the group is not there */
  static async open(
    client: CloudWatchLogsClient,
    group: string,
    stream: string,
    container: string,
  ): Promise<LogStream> {
    const log = new LogStream(client, group, stream);
    await client.send(new CreateLogStreamCommand(log.#names)).catch((error: Error) => {
      throw new CannotStart(
        `CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ${error.name}: ${error.message}`,
        container,
      );
    });
    return log;
  }

  write(message: string): void {
    // CloudWatch takes no empty line.
    this.#waiting.push({ timestamp: Date.now(), message: message || ' ' });
    this.#timer ??= setTimeout(() => void this.flush(), batchMilliseconds);
  }

  /** Sends what waits. What a group that has gone would have got is lost, as with the driver. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const logEvents = this.#waiting;
    this.#waiting = [];
    if (logEvents.length > 0) {
      this.#sending = this.#sending
        .then(() => this.#client.send(new PutLogEventsCommand({ ...this.#names, logEvents })))
        .then(
          () => {},
          () => {},
        );
    }
    await this.#sending;
  }
}
