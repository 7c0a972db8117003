import type { Finding } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { nameOf } from '../../aws/fleet-identity.js';
import { tasksOf } from '../../aws/kinds/fargate/task.js';
import { adviceOn } from '../reach/advice.js';
import { describeTask, stoppedAmong } from '../reach/stopped-tasks.js';

const parts = [
  ['master', 'the master'],
  ['worker', 'the workers'],
] as const;

/**
 * Why a fleet on Fargate does not work, from what ECS knows of its tasks.
 *
 * @returns nothing when it has no tasks, and had none within the last hour
 */
export async function diagnoseTasks(aws: Aws, fleetId: string, cluster: string): Promise<readonly Finding[]> {
  const running = await tasksOf(aws, fleetId, cluster);
  const findings = await Promise.all(
    parts.map(async ([role, who]) => {
      const family = nameOf(aws.fleet(fleetId), role);
      const own = running.filter(({ taskDefinitionArn = '' }) => taskDefinitionArn.includes(`/${family}:`));
      const stopped = await stoppedAmong(aws, cluster, { family });
      return own.length + stopped.length === 0 ? [] : [findingOn(`tasks of ${who}`, own, stopped)];
    }),
  );
  return findings.flat();
}

type Tasks = Awaited<ReturnType<typeof tasksOf>>;

function findingOn(subject: string, own: Tasks, stopped: Tasks): Finding {
  const run = own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  const detail = `${run} of ${own.length} run`;
  if (stopped.length > 0) {
    return {
      subject,
      state: 'problem',
      detail: `${detail}; others have ended, and nothing starts them again`,
      evidence: stopped.map(describeTask),
      remedy: adviceOn(stopped) ?? 'Deploy another fleet.',
      next: [{ action: 'deploy-fleet' }],
    };
  }
  if (run === own.length) return { subject, state: 'good', detail };
  return {
    subject,
    state: 'unknown',
    detail,
    remedy: 'A task fetches its image anew, which takes a minute or two.',
  };
}
