import { expect, it } from 'vitest';
import { masterTask, workerTask } from './task-definitions.js';

const wish = {
  image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/loadwright@sha256:${'0'.repeat(64)}`,
  region: 'eu-west-1',
  logGroup: '/loadwright/ecs/x',
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  memoryMebibytes: 8192,
  secrets: { TOKEN: 'arn:aws:ssm:eu-west-1:123456789012:parameter/loadwright/ecs/x/worker/TOKEN' },
};
const worker = { masterHost: '10.0.0.7', processes: 2, taskRoleArn: undefined };

it('runs on the network of the machine, with most of its memory and all of its CPU', () => {
  for (const definition of [masterTask(wish, { uiPort: 8089 }), workerTask(wish, worker)]) {
    expect(definition).toMatchObject({ networkMode: 'host', requiresCompatibilities: ['EC2'] });
    expect(definition).not.toHaveProperty('cpu');
    expect(definition.containerDefinitions).toEqual([
      expect.objectContaining({
        image: wish.image,
        memory: 6553,
        ulimits: [{ name: 'nofile', softLimit: 1_048_576, hardLimit: 1_048_576 }],
        secrets: [{ name: 'TOKEN', valueFrom: wish.secrets.TOKEN }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: expect.objectContaining({ mode: 'non-blocking', 'max-buffer-size': '16m' }),
        },
      }),
    ]);
  }
});

it('gives the permissions of the target to workers alone, and only where it needs some', () => {
  const taskRoleArn = 'arn:aws:iam::123456789012:role/task';
  expect(workerTask(wish, { ...worker, taskRoleArn })).toMatchObject({
    taskRoleArn,
    containerDefinitions: [{ environment: [{ name: 'LOADWRIGHT_ROLE_CREDENTIALS', value: '1' }] }],
  });
  for (const definition of [masterTask(wish, { uiPort: 8089 }), workerTask(wish, worker)]) {
    expect(definition).not.toHaveProperty('taskRoleArn');
    expect(definition.containerDefinitions?.[0]).not.toHaveProperty('environment');
  }
});

it('runs as many processes as asked for, and holds the ports of the master', () => {
  const commandOf = (processes: number) =>
    workerTask(wish, { ...worker, processes }).containerDefinitions?.[0]?.command?.join(' ');
  expect(commandOf(2)).toBe(
    '-f /mnt/locust/locustfile.py --worker --master-host 10.0.0.7 --master-port 5557 --processes 2',
  );
  expect(commandOf(1)).not.toContain('--processes');
  const [master] = masterTask(wish, { uiPort: 9000 }).containerDefinitions ?? [];
  expect(master?.portMappings?.map(({ hostPort }) => hostPort)).toEqual([9000, 5557]);
  expect(master?.command).toEqual(expect.arrayContaining(['--web-login', '--web-port', '9000']));
});
