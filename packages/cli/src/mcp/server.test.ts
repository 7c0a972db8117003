import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it } from 'vitest';
import { builtInFleets } from '../fleet/kinds.js';
import { main } from '../main.js';
import { dhtConfig, project } from '../../test/project.js';
import { run, TestIo } from '../../test/support.js';
import { flagsOf } from './actions.js';
import { Consents } from './consent.js';
import { createAgentServer } from './server.js';

type Answer = Record<string, unknown>;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** An agent, and the person whom its client asks; without one its client cannot ask. */
async function agent(io: TestIo, person?: (message: string) => ElicitResult) {
  const { server, end } = createAgentServer({ io, run: main, fleets: builtInFleets });
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: person ? { elicitation: {} } : {} },
  );
  if (person) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params.message));
  }
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(ours), client.connect(theirs)]);
  open.push(async () => {
    await end();
    await client.close();
  });
  const call = async (name: string, options: Answer = {}) => {
    const { content, isError } = await client.callTool({ name, arguments: options });
    const [{ text } = { text: '' }] = content as { text: string }[];
    return { isError: isError ?? false, answer: JSON.parse(text) as Answer, text };
  };
  return { client, call };
}

describe('tools that only look', () => {
  it('say so, and everything else says that it does more', async () => {
    const { client } = await agent(await project(dhtConfig));
    const { tools } = await client.listTools();
    const names = (readOnly: boolean) =>
      tools
        .filter(({ annotations }) => (annotations?.readOnlyHint ?? false) === readOnly)
        .map(({ name }) => name);
    expect(names(false)).toEqual(['carry_out', 'stop_job']);
    expect(names(true)).toContain('plan_deploy');
    expect(tools.every(({ description = '' }) => description.length > 20)).toBe(true);
  });

  it('answer with the documents of the command', async () => {
    const { call } = await agent(await project(dhtConfig));
    const targets = await call('list_targets');
    expect(targets.text).toContain('sagemaker');
    expect((await call('show_target', { kind: 'dht' })).text).toContain('protocol');
    expect((await call('check_config')).text).toContain('http://127.0.0.1:9');
    expect((await call('list_runs')).isError).toBe(false);
  });

  it.each([
    ['show_target', { kind: '--help' }, /--help/],
    ['check_config', { config: 'none.json' }, /none\.json/],
    ['read_report', { run: '--list' }, /--list/],
    ['fleet_status', { fleetId: '--yes', fleet: 'ec2', region: 'eu-west-1' }, /--yes/],
  ])('take no name for a flag, and say what is wrong: %s %j', async (name, options, expected) => {
    const { call } = await agent(await project(dhtConfig));
    const { isError, answer } = await call(name, options);
    expect(isError).toBe(true);
    expect(JSON.stringify(answer['error'])).toMatch(expected);
  });

  it('tell no secret', async () => {
    const io = await project({
      target: {
        kind: 'databricks',
        baseUrl: 'https://x.cloud.databricks.com',
        endpointName: 'a',
        payloads: { inline: [{}] },
      },
      load: { users: 1, duration: '5s' },
    });
    const { call } = await agent(
      new TestIo({ cwd: io.cwd, environment: { DATABRICKS_TOKEN: 'canary-token-of-an-agent' } }),
    );
    for (const name of ['check_config', 'plan_run', 'doctor']) {
      expect((await call(name)).text).not.toContain('canary-token-of-an-agent');
    }
  });
});

describe('what may cost something', () => {
  const accept = (budgetUsDollars: number) => (): ElicitResult => ({
    action: 'accept',
    content: { budgetUsDollars },
  });

  it('is not done without a plan of this session', async () => {
    const { call } = await agent(await project(dhtConfig), accept(100));
    const { isError, text } = await call('carry_out', { planHash: '0123456789abcdef', budgetUsDollars: 100 });
    expect(isError).toBe(true);
    expect(text).toContain('No plan of this session');
  });

  it('has the same hash as long as nothing changes, and is refused when something has', async () => {
    const io = await project(dhtConfig);
    const { call } = await agent(io, accept(0));
    const first = await call('plan_run');
    expect((await call('plan_run')).answer['planHash']).toBe(first.answer['planHash']);
    const changed = { ...dhtConfig, load: { users: 500, duration: '10s' } };
    await writeFile(join(io.cwd, 'loadwright.config.json'), JSON.stringify(changed));
    const { isError, text } = await call('carry_out', {
      planHash: first.answer['planHash'],
      budgetUsDollars: 0,
    });
    expect(isError).toBe(true);
    expect(text).toContain('The plan has changed since');
    expect((await call('plan_run')).answer['planHash']).not.toBe(first.answer['planHash']);
  });

  it.each([
    ['declines', { action: 'decline' }, 'The person did not agree'],
    ['cancels', { action: 'cancel' }, 'The person did not agree'],
    ['names no budget', { action: 'accept', content: {} }, ''],
  ] as [string, ElicitResult, string][])(
    'is not done when the person %s',
    async (_title, result, expected) => {
      const { call } = await agent(await project(dhtConfig), () => result);
      const { answer } = await call('plan_run');
      const refused = await call('carry_out', { planHash: answer['planHash'], budgetUsDollars: 0 }).catch(
        (error: unknown) => ({ isError: true, text: String(error) }),
      );
      expect(refused.isError).toBe(true);
      expect(refused.text).toContain(expected);
    },
  );

  it('shows the person the command, the folder and the price', async () => {
    const io = await project(dhtConfig);
    const asked: string[] = [];
    const { call } = await agent(io, (message) => {
      asked.push(message);
      return { action: 'decline' };
    });
    const { answer } = await call('plan_run', { users: 7 });
    await call('carry_out', { planHash: answer['planHash'], budgetUsDollars: 0 });
    expect(asked.join()).toContain('loadwright run --no-live --users=7');
    expect(asked.join()).toContain(io.cwd);
    expect(asked.join()).toContain('at most $0');
  });

  describe('where the client cannot ask', () => {
    it('waits for a person at a terminal, whose word is for one plan, once, and for a time', async () => {
      const io = await project(dhtConfig);
      let now = Date.now();
      io.now = () => now;
      const consents = new Consents(io);
      const { call } = await agent(io);
      const { answer } = await call('plan_run');
      const planHash = String(answer['planHash']);
      const carryOut = () => call('carry_out', { planHash, budgetUsDollars: 0 });

      expect((await carryOut()).text).toContain(`loadwright mcp approve ${planHash}`);
      expect(await consents.find(planHash)).toMatchObject({ planHash, mostUsDollars: 0, cwd: io.cwd });
      // Of another plan.
      await consents.give('0123456789abcdef', 0);
      expect((await carryOut()).isError).toBe(true);
      await consents.give(planHash, 0);
      now += 15 * 60_000;
      expect((await carryOut()).isError).toBe(true);

      await consents.give(planHash, 0);
      const begun = await carryOut();
      expect(begun).toMatchObject({ isError: false, answer: { state: 'running' } });
      // Nothing listens at its address.
      const { answer: ended } = await call('job', { jobId: begun.answer['jobId'], waitSeconds: 50 });
      expect(ended).toMatchObject({ state: 'ended', exitCode: 104 });
      expect((await carryOut()).text).toContain('No plan of this session');
    }, 180_000);

    it('takes no answer but a person’s', async () => {
      const io = await project(dhtConfig);
      const { exitCode, stderr } = await run(['mcp', 'approve', '0123456789abcdef'], io);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('there is no terminal to ask on');
      const terminal = new TestIo({ cwd: io.cwd, terminal: true });
      Object.assign(terminal.stdin, { isTTY: true });
      const unknown = await run(['mcp', 'approve', '../../etc/passwd'], terminal);
      expect(unknown.stderr).toContain('no plan "../../etc/passwd" waits for a person');
    });
  });
});

it('makes flags of options that cannot become others', () => {
  const options = {
    users: 5,
    spawnRate: 2.5,
    threshold: ['a: p(95)<1', 'b'],
    config: '--yes',
    emulator: true,
  };
  expect(flagsOf({ ...options, on: undefined, live: false })).toEqual([
    '--users=5',
    '--spawn-rate=2.5',
    '--threshold=a: p(95)<1',
    '--threshold=b',
    '--config=--yes',
    '--emulator',
  ]);
});
