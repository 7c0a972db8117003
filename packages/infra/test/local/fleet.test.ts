import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocustMaster } from '@loadwright/core/fleet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { processesIn, until } from './processes.js';
import { canary, locust, provisionRequest } from './provision-request.js';
import { itWhole } from '../matrix.js';

async function provision(request = provisionRequest()) {
  const fleet = localFleet({ locust });
  const handle = await fleet.provision(request);
  onTestFinished(async () => void (await handle.destroy()));
  return { fleet, handle, request, directory: request.bundle.directory };
}

describe('a local fleet', { timeout: 180_000 }, () => {
  it('starts a master with a login and workers, gives secrets to these alone and to no log, and removes all', async () => {
    const { fleet, handle, request, directory } = await provision();
    expect((await handle.status()).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'master running',
      'worker-1 running',
      'worker-2 running',
    ]);
    const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
    expect((await master.statistics()).workers).toHaveLength(2);
    expect((await fetch(`${handle.masterUrl}/loadwright/statistics`)).status).toBe(401);
    expect(await fleet.open(request.fleetId)).toBe(handle);

    // Secrets are with the workers alone.
    const processes = processesIn(directory);
    const masters = processes.filter(({ commandLine }) => commandLine.includes('--web-port'));
    const workers = processes.filter(({ commandLine }) => commandLine.includes('--worker'));
    expect([masters.length, workers.length]).toEqual([1, 2]);
    for (const { commandLine } of processes) {
      expect(commandLine).not.toContain(canary);
      expect(commandLine).not.toContain(handle.login.password);
    }
    expect(masters[0]?.environment).not.toContain(canary);
    expect(masters[0]?.environment).toContain(handle.login.password);
    for (const { environment } of workers) {
      expect(environment).toContain(canary);
      expect(environment).not.toContain(handle.login.password);
    }
    // By it the master knows its workers.
    const tokens = [...masters, ...workers].map(
      ({ environment }) => /LOADWRIGHT_FLEET_TOKEN=(\w{64})/.exec(environment)?.[1] ?? 'none',
    );
    expect(tokens[0]).toHaveLength(64);
    expect(new Set(tokens).size).toBe(1);
    expect(processes.filter(({ commandLine }) => commandLine.includes(tokens[0]!))).toEqual([]);

    const [first, second] = await Promise.all([handle.destroy(), handle.destroy()]);
    expect(first.removed).toHaveLength(4);
    expect(first.remaining).toEqual([]);
    expect(second).toEqual({ removed: [], remaining: [] });
    expect(processesIn(directory)).toEqual([]);
    expect((await handle.status()).map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
    await expect(fleet.open(request.fleetId)).rejects.toMatchObject({ code: 'PROVISIONING_FAILED' });
    expect(readdirSync(request.logDirectory).sort()).toEqual(['master.log', 'worker-1.log', 'worker-2.log']);
    expect(
      readdirSync(directory, { recursive: true }).filter((name) => String(name).includes('pycache')),
    ).toEqual([]);

    const lines = [];
    for await (const { node, line } of handle.logs()) lines.push(`${node}: ${line}`);
    expect(lines).toContain('worker-1: the token is [redacted]');
    for (const file of readdirSync(request.logDirectory)) {
      expect(readFileSync(join(request.logDirectory, file), 'utf8')).not.toContain(canary);
    }
  });

  it("does not heed a Locust configuration in the user's home", async () => {
    const request = provisionRequest({ workers: 1 });
    const home = join(request.bundle.directory, '..');
    writeFileSync(join(home, '.locust.conf'), 'headless = true\n');
    const handle = await localFleet({ locust, environment: { ...process.env, HOME: home } }).provision(
      request,
    );
    expect((await handle.destroy()).remaining).toEqual([]);
  });

  itWhole.each([
    ['worker-2', '--worker'],
    ['master', '--master'],
  ])('says that its %s was killed, and why', async (name, flag) => {
    const { handle, directory } = await provision();
    const victims = processesIn(directory).filter(({ commandLine }) =>
      commandLine.split('\n').includes(flag),
    );
    // Not `?? 0`: a kill of process 0 would end the tests themselves.
    expect(victims).not.toEqual([]);
    process.kill(victims.at(-1)!.pid, 'SIGKILL');
    const failed = async () => (await handle.status()).filter(({ state }) => state === 'failed');
    await until(async () => (await failed()).length > 0);
    const [node] = await failed();
    expect(node?.name.replace(/\d/, '2')).toBe(name);
    expect(node?.reason).toMatch(/^it was killed by SIGKILL; its last lines:\n {2}.*Locust/);
    expect((await handle.destroy()).remaining).toEqual([]);
    expect(processesIn(directory)).toEqual([]);
  });
});
