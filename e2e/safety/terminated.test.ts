import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { Liar, type Scenario } from '../../packages/infra/test/truth/liar.js';
import { LoadOfCommand } from './load-of-command.js';

/** The command's own limit after SIGTERM, and as much again for a busy machine. What it waits for would take 30. In seconds. */
const limitSeconds = 20;

let liar: Liar;
beforeAll(async () => {
  liar = await Liar.start();
});
afterAll(() => liar.stop());

/** Ends a command at a moment, and requires that it is gone in time with all that it started. */
async function terminated(
  { scenario, users = 5 }: { scenario?: Scenario; users?: number },
  moment: (load: LoadOfCommand) => Promise<void>,
): Promise<LoadOfCommand> {
  const port = await liar.open({ ignoreFirst: 1, ...scenario });
  const load = new LoadOfCommand(port, 3, {
    config: { load: { users, duration: '3s', waitTime: '50ms', gracefulStop: '30s' } },
  });
  try {
    await moment(load);
    const at = performance.now();
    load.command.child.kill('SIGTERM');
    const exitCode = await load.command.ended;
    const { stderr } = load.command;
    expect({ exitCode, stderr }).toEqual({ exitCode: 105, stderr });
    expect((performance.now() - at) / 1000).toBeLessThan(limitSeconds);
    expect(load.left()).toEqual([]);
    return load;
  } catch (error) {
    const { stdout, stderr } = load.command;
    throw new Error(`${(error as Error).message}\n${stdout}${stderr}`, { cause: error });
  } finally {
    await load.end();
    await port.close();
  }
}

/** Requests that are never answered are waited for, for as long as the load says. */
const drain = async () => {
  const { command } = await terminated({ scenario: { rules: [{ every: 3, do: 'hang' }] } }, (load) =>
    load.begins('stop'),
  );
  // In time for what was measured.
  expect(command.stdout).toContain('! INVALID');
};

const silentInDrain = async () => {
  const { command } = await terminated({ scenario: { rules: [{ every: 3, do: 'hang' }] } }, async (load) => {
    await load.begins('stop');
    load.locust.signal('master', 'SIGSTOP');
  });
  expect(command.stderr + command.stdout).toMatch(/INVALID|the processes of a local fleet end with this/);
};

const collection = async () => {
  const { command } = await terminated({}, async (load) => {
    await load.begins('collect');
    load.locust.signal('master', 'SIGSTOP');
  });
  expect(command.stdout).toMatch(/PASS|INVALID/);
};

const connecting = async () => {
  const { command } = await terminated({}, async (load) => {
    await load.begins('connect');
    load.locust.signal('master', 'SIGSTOP');
  });
  expect(command.stderr).toContain('code: ABORTED');
};

const all = [
  { name: 'requests in flight are waited for', attempt: drain },
  { name: 'a master that fell silent is waited for after its load', attempt: silentInDrain },
  { name: 'files are collected from a master that is silent', attempt: collection },
  { name: 'workers of a master that is silent are waited for', attempt: connecting },
];

describe('SIGTERM ends a command within ten seconds while', () => {
  for (const { name, attempt } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
    it.concurrent(name, attempt, 180_000);
  }
});
