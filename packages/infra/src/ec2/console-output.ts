import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/clients.js';

/** Begins every line that `prepare.sh` writes to the console. */
const mark = 'loadwright: ';

/** What the machine said while it was made ready, oldest first. Empty when the console cannot be read. */
export async function consoleLines(aws: Aws, instanceId: string): Promise<string[]> {
  try {
    // Only machines of the Nitro system give the latest output; others an older one.
    const answer = await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true }));
    const text = Buffer.from(answer.Output ?? '', 'base64').toString('utf8');
    return text
      .split(/\r?\n/)
      .filter((line) => line.includes(mark))
      .map((line) => line.slice(line.indexOf(mark) + mark.length));
  } catch {
    aws.signal.throwIfAborted();
    return [];
  }
}
