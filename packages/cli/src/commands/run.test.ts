import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { databricksConfig, dhtConfig, project } from '../../test/project.js';
import { run } from '../../test/support.js';

describe('loadwright run --dry-run', () => {
  it('prints plan and configuration, asks nothing of the service and writes nothing', async () => {
    let requests = 0;
    const server = createServer(() => (requests += 1)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const io = await project({ ...dhtConfig, target: { ...dhtConfig.target, baseUrl } });
    const { exitCode, stdout, stderr } = await run(['run', '--dry-run', '--users', '7', '--emulator'], io);
    server.close();
    expect({ exitCode, stderr, requests }).toEqual({ exitCode: 0, stderr: '', requests: 0 });
    expect(stdout).toContain('2 Locust workers');
    expect(stdout).toContain('the dht emulator');
    expect(stdout).toMatch(/users: 7$/m);
    expect(await readdir(io.cwd)).toEqual(['loadwright.config.json']);
  });

  it('is one JSON document with --json, without secrets', async () => {
    const { stdout } = await run(['run', '--dry-run', '--json'], await project(databricksConfig));
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      plan: { pricePerHour: { usDollars: 0 } },
      configuration: { target: { kind: 'databricks', token: '[redacted]' } },
    });
    expect(stdout).not.toContain('canary-token');
  });
});

describe('loadwright run', () => {
  it('tells an unreachable service with the exit code of a preflight, and starts nothing', async () => {
    const io = await project(dhtConfig);
    const { exitCode, stdout } = await run(['run', '--json'], io);
    expect(exitCode).toBe(104);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'PREFLIGHT_FAILED', exitCode: 104 } });
    expect(await readdir(io.cwd)).toEqual(['loadwright.config.json']);
  });

  it('shows a stack trace only to who asks for it', async () => {
    const quiet = await run(['run'], await project(dhtConfig));
    expect(quiet.stderr).not.toMatch(/^\s+at /m);
    const debug = await run(['run'], await project(dhtConfig, { environment: { LOADWRIGHT_DEBUG: '1' } }));
    expect(debug.stderr).toMatch(/^\s+at /m);
    const off = await run(['run'], await project(dhtConfig, { environment: { LOADWRIGHT_DEBUG: '0' } }));
    expect(off.stderr).not.toMatch(/^\s+at /m);
  });
});
