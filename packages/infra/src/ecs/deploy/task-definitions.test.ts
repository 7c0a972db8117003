import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { masterTask, workerTask } from './task-definitions.js';

const wish = {
  image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/loadwright@sha256:${'0'.repeat(64)}`,
  region: 'eu-west-1',
  logGroup: '/loadwright/ecs/x',
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  on: { memoryMebibytes: 8192 },
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
    containerDefinitions: [
      {
        environment: expect.arrayContaining([{ name: 'LOADWRIGHT_ROLE_CREDENTIALS', value: '1' }]) as unknown,
      },
    ],
  });
  for (const definition of [masterTask(wish, { uiPort: 8089 }), workerTask(wish, worker)]) {
    expect(definition).not.toHaveProperty('taskRoleArn');
    expect(JSON.stringify(definition)).not.toContain('LOADWRIGHT_ROLE_CREDENTIALS');
  }
});

it('gives a worker that is to end less time for its last answers than ECS gives it to end', () => {
  const [container] = workerTask(wish, worker).containerDefinitions ?? [];
  const seconds = container?.environment?.find(({ name }) => name === 'LOADWRIGHT_LEAVE_SECONDS')?.value;
  expect(Number(seconds)).toBeGreaterThan(5);
  expect(Number(seconds)).toBeLessThanOrEqual((container?.stopTimeout ?? 0) - 5);
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

it('serves the web UI with the certificate of its machine, which only the master is given', () => {
  const files = '--tls-cert /run/loadwright/certificate.pem --tls-key /run/loadwright/key.pem';
  const encrypted = masterTask(wish, { uiPort: 9000, isEncrypted: true });
  const [master] = encrypted.containerDefinitions ?? [];
  expect(master?.command?.join(' ')).toContain(files);
  expect(encrypted.volumes).toEqual([{ name: 'certificate', host: { sourcePath: '/run/loadwright' } }]);
  expect(master?.mountPoints).toEqual([
    { sourceVolume: 'certificate', containerPath: '/run/loadwright', readOnly: true },
  ]);
  for (const other of [masterTask(wish, { uiPort: 9000 }), workerTask(wish, worker)]) {
    expect(JSON.stringify(other)).not.toMatch(/tls|run\/loadwright/);
  }
});

it('has on Fargate a size, a network of its own, and an end that it brings about itself', () => {
  const expiresAt = new Date('2026-11-29T12:00:00.500Z');
  const on = { vcpus: 0.5, memoryGigabytes: 2, cpuArchitecture: 'arm64', expiresAt } as const;
  const sessions = 'arn:aws:iam::123456789012:role/master';
  expect(masterTask({ ...wish, on }, { uiPort: 8089, taskRoleArn: sessions })).toMatchObject({
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '512',
    memory: '2048',
    runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
    taskRoleArn: sessions,
  });
  const { containerDefinitions: [container] = [] } = workerTask(
    { ...wish, on },
    { ...worker, masterHost: undefined },
  );
  expect(container?.memory).toBeUndefined();
  expect(container?.ulimits).toEqual([{ name: 'nofile', softLimit: 1_048_576, hardLimit: 1_048_576 }]);
  expect(container?.entryPoint?.at(-1)).toBe('1795953601');
  expect(container?.command?.join(' ')).toBe(
    '-f /mnt/locust/locustfile.py --worker --master-port 5557 --processes 2',
  );
});

it('ends what runs in time, however late it begins, and begins nothing when it is too late', () => {
  const expiresAt = new Date(Date.now() + 700);
  const on = { vcpus: 2, memoryGigabytes: 4, cpuArchitecture: 'x86_64', expiresAt } as const;
  const { containerDefinitions: [container] = [] } = masterTask({ ...wish, on }, { uiPort: 8089 });
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-entry-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'locust'), '#!/bin/sh\necho "$@" >"$0.said"; exec sleep 30\n', { mode: 0o755 });
  const run = (end: string) => {
    const [file = '', ...words] = [...(container?.entryPoint?.slice(0, -1) ?? []), end, '-f', 'a b'];
    return spawnSync(file, words, { env: { PATH: `${folder}:/usr/bin:/bin` } }).status;
  };
  expect(run(container?.entryPoint?.at(-1) ?? '')).toBe(124);
  expect(readFileSync(join(folder, 'locust.said'), 'utf8')).toBe('-f a b\n');
  rmSync(join(folder, 'locust.said'));
  expect(run('1700000000')).toBe(1);
  expect(existsSync(join(folder, 'locust.said'))).toBe(false);
});
