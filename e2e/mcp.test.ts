import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { locust } from '../packages/cli/test/command.js';
import { dhtConfig, project } from '../packages/cli/test/project.js';
import { ask, connectAgent, type Answer } from './agent.js';
import { useEc2World } from './ec2-world.js';

const timeout = 120_000;

/** Waits for what an agent started. */
async function ended(client: Client, begun: Answer): Promise<Answer> {
  for (;;) {
    const { answer } = await ask(client, 'job', { jobId: begun['jobId'], waitSeconds: 50 });
    if (answer['state'] === 'ended') return answer;
  }
}

describe('an agent with an account of AWS', () => {
  const world = useEc2World('databricks', { load: { users: 2, duration: '3s', waitTime: '20ms' } });
  let client: Client;
  let person: () => ElicitResult;
  beforeAll(async () => {
    client = await connectAgent({ io: world().io(), fleets: world().kinds }, () => person());
  });
  /** Calls that may change the account. */
  const changes = () =>
    world().aws.calls.filter(({ name }) => !/:(Get|List|Describe|Head|Simulate)/.test(name));
  const accept = (budgetUsDollars: number): ElicitResult => ({
    action: 'accept',
    content: { budgetUsDollars },
  });

  it.each([
    ['looks at everything', () => accept(100), () => ({})],
    ['invents a hash', () => accept(100), () => ({ planHash: '0123456789abcdef', budgetUsDollars: 100 })],
    [
      'proposes too small a budget',
      () => accept(100),
      (hash: string) => ({ planHash: hash, budgetUsDollars: 0.01 }),
    ],
    [
      'has a person who declines',
      (): ElicitResult => ({ action: 'decline' }),
      (hash: string) => ({ planHash: hash, budgetUsDollars: 9 }),
    ],
    [
      'has a person with a smaller budget',
      () => accept(0.5),
      (hash: string) => ({ planHash: hash, budgetUsDollars: 9 }),
    ],
    [
      'plans a run, and changes the load since',
      () => accept(100),
      (hash: string) => ({ planHash: hash, budgetUsDollars: 9, change: true }),
    ],
  ] as [
    string,
    () => ElicitResult,
    (hash: string) => { planHash?: string; budgetUsDollars?: number; change?: boolean },
  ][])(
    'makes nothing when it %s',
    async (_title, answers, request) => {
      person = answers;
      for (const plan of ['plan_deploy', 'plan_run']) {
        const planned = await ask(client, plan);
        expect(planned).toMatchObject({ isError: false, answer: { needsConsent: true } });
        expect(planned.answer['costsAtMostUsDollars']).toBeGreaterThan(0.5);
        const { change = false, ...options } = request(String(planned.answer['planHash']));
        if (change) await world().configure('loadwright.config.json', { workers: 1 });
        const refused = options.planHash
          ? await ask(client, 'carry_out', options)
          : await ask(client, 'list_fleets');
        expect(refused.isError).toBe(options.planHash !== undefined);
        if (change) await world().configure('loadwright.config.json');
      }
      expect(changes()).toEqual([]);
    },
    timeout,
  );

  it(
    'deploys, looks and destroys what a person agreed to, each once',
    async () => {
      person = () => accept(9);
      const planned = await ask(client, 'plan_deploy', { name: 'of-an-agent' });
      const consent = { planHash: planned.answer['planHash'], budgetUsDollars: 9 };
      const begun = await ask(client, 'carry_out', consent);
      expect(begun).toMatchObject({ isError: false, answer: { state: 'running' } });
      expect((await ask(client, 'carry_out', consent)).isError).toBe(true);
      expect(await ended(client, begun.answer)).toMatchObject({
        exitCode: 0,
        document: { name: 'of-an-agent' },
      });
      expect((await ask(client, 'list_fleets')).text).toContain('of-an-agent');
      const removal = await ask(client, 'plan_destroy', { fleetId: 'of-an-agent' });
      const going = await ask(client, 'carry_out', {
        planHash: removal.answer['planHash'],
        budgetUsDollars: 0,
      });
      expect(await ended(client, going.answer)).toMatchObject({ exitCode: 0 });
      await world().expectNothingLeft();
    },
    timeout,
  );
});

describe('the server as a process', () => {
  const open: Client[] = [];
  afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));

  it(
    'runs a load test of the emulator without a question, and tells its verdict',
    async () => {
      const { cwd } = await project({ ...dhtConfig, workers: 1, load: { users: 2, duration: '3s' } });
      const { PATH = '', HOME = '' } = process.env;
      const client = new Client({ name: 'test', version: '1' });
      open.push(client);
      await client.connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [fileURLToPath(new URL('../packages/cli/bin/loadwright.js', import.meta.url)), 'mcp'],
          cwd,
          env: { PATH, HOME, LOADWRIGHT_LOCUST: locust ?? '', LOADWRIGHT_STATE_DIR: `${cwd}/state` },
          stderr: 'inherit',
        }),
      );
      const planned = await ask(client, 'plan_run', {
        emulator: true,
        threshold: ['http_req_duration: p(95)<60000'],
      });
      expect(planned.answer).toMatchObject({ needsConsent: false, costsAtMostUsDollars: 0 });
      const begun = await ask(client, 'carry_out', {
        planHash: planned.answer['planHash'],
        budgetUsDollars: 0,
      });
      expect(begun).toMatchObject({ isError: false, answer: { state: 'running' } });
      const { exitCode, document } = await ended(client, begun.answer);
      const { verdict } = document as Answer;
      // Two seconds are few: what counts is that there is a verdict, and which.
      expect([0, 96]).toContain(exitCode);
      expect(verdict).toBe(exitCode === 0 ? 'PASS' : 'INVALID');
      expect((await ask(client, 'list_runs')).text).toContain(String(verdict));
    },
    timeout,
  );
});
