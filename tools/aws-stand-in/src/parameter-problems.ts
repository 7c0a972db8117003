import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { LoggedCall } from './log.js';
import { python } from './processes.js';

const script = fileURLToPath(new URL('./check_parameters.py', import.meta.url));

/** Services that speak JSON: their parameters are in the log as they were sent. */
const checked = /^(ecs|ecr|logs):/;

/** What is wrong with the parameters of calls of ECS, ECR and CloudWatch Logs, by the service models of botocore. */
export async function parameterProblems(calls: readonly LoggedCall[]): Promise<string[]> {
  const asked = calls.filter(({ name }) => checked.test(name));
  const input = JSON.stringify(asked.map(({ name, parameters }) => ({ name, parameters })));
  const { stdout } = await execa(python, [script], { input });
  return [...new Set(stdout.split('\n').filter(Boolean))];
}
