import { GetConsoleOutputCommand, type GetConsoleOutputCommandOutput } from '@aws-sdk/client-ec2';
import type { Aws } from '../clients.js';

/** Begins every line that `prepare.sh` writes to the console. */
const mark = 'loadwright: ';

/** What the machine said while it was made ready, oldest first. Empty when the console cannot be read. */
export async function consoleLines(aws: Aws, instanceId: string): Promise<string[]> {
  try {
    const answer = await consoleOutput(aws, instanceId);
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

async function consoleOutput(aws: Aws, InstanceId: string): Promise<GetConsoleOutputCommandOutput> {
  try {
    return await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }));
  } catch {
    aws.signal.throwIfAborted();
    // Only machines of the Nitro system give the latest output; others that of a while ago.
    return aws.ec2.send(new GetConsoleOutputCommand({ InstanceId }));
  }
}
