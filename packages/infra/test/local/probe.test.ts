import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Probe, ProbeRequest } from '@loadwright/core/fleet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeWith } from '../../src/local/probe.js';
import { canary, locust, provisionRequest } from './provision-request.js';
import { processesIn, until } from './processes.js';

/** A source that remembers in its module, ends its process, and asks for what is never answered. */
const locustfile = `
import os
from loadwright_runtime import LoadwrightUser, Request, RequestSource, prepare, variables

LoadShape = prepare()
made = 0


class Requests(RequestSource):
    def next_request(self):
        global made
        made += 1
        token = variables.required("LOADWRIGHT_TEST_TOKEN", "the service asks for it")
        return Request("GET", "/", name="greet", headers={"X-Made": str(made), "Authorization": token})

    def request_named(self, name):
        if name == "end":
            print("these are its last words", flush=True)
            os._exit(3)
        return Request("GET", "/" + name, name=name)


class SomeUser(LoadwrightUser):
    source_class = Requests
`;

let seen: string[];
let hangs: ServerResponse[];
let request: ProbeRequest;
let probe: Probe;
const server = createServer(({ url, headers }, response) => {
  seen.push([url, headers['x-made']].join(' '));
  if (url === '/hang') hangs.push(response);
  else response.end();
});

beforeEach(async () => {
  [seen, hangs] = [[], []];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { bundle, environment } = provisionRequest();
  const { directory } = bundle;
  const target = JSON.parse(readFileSync(join(directory, 'target.json'), 'utf8')) as object;
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(join(directory, 'target.json'), JSON.stringify({ ...target, host }));
  writeFileSync(join(directory, 'locustfile.py'), locustfile);
  request = { directory, environment };
  probe = probeWith(locust, process.env);
});

afterEach(async () => {
  await probe.close?.();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const pids = () => processesIn(request.directory).map(({ pid }) => pid);

describe('the requests of one bundle', { timeout: 180_000 }, () => {
  it('cost one start, each is as if it were the first, and nothing of them is left', async () => {
    const first = await probe(request);
    expect(first).toMatchObject({ failure: null, answer: { status: 200 } });
    const started = pids();
    expect(started).toHaveLength(1);
    expect(processesIn(request.directory)[0]!.commandLine).not.toContain(canary);

    const both = await Promise.all([probe({ ...request, path: '/health' }), probe(request)]);
    expect(both.map((answer) => answer.request?.name)).toEqual(['preflight', 'greet']);
    expect(both[1].request).toEqual(first.request);
    // One that ends its process ends no other.
    await expect(probe({ ...request, path: 'name:end' })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('these are its last words') as string,
    });
    expect(await probe({ ...request, path: 'name:ä\n' })).toMatchObject({ failure: { kind: 'target' } });
    await probe(request);
    expect(seen).toEqual(['/ 1', '/health ', '/ 1', '/ 1']);
    expect(pids()).toEqual(started);

    await probe.close!();
    expect(pids()).toEqual([]);
    await probe.close!();
    await expect(probe(request)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('end with what interrupts them, or kills their process; the next one starts another', async () => {
    const stop = new AbortController();
    const stopped = probe({ ...request, path: '/hang', signal: stop.signal });
    const refused = expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    await until(() => hangs.length === 1);
    stop.abort();
    await refused;
    expect(pids()).toEqual([]);

    const killed = probe({ ...request, path: '/hang' });
    const failed = expect(killed).rejects.toMatchObject({ code: 'PREFLIGHT_FAILED' });
    await until(() => hangs.length === 2);
    // The eldest: the other makes its request.
    process.kill(Math.min(...pids()), 'SIGKILL');
    await failed;
    expect(pids()).toEqual([]);

    // Closed while it hangs.
    const closed = expect(probe({ ...request, path: '/hang' })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
    });
    await until(() => hangs.length === 3);
    await probe.close!();
    await closed;
    expect(pids()).toEqual([]);
  });
});

describe('a command of somebody else', () => {
  const answer = { version: 1, request: null, answer: null, seconds: 0, sentAt: 1, failure: null };
  const command = (script: string): Probe => {
    const file = join(request.directory, 'command');
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return probeWith(file, process.env);
  };

  it('that takes one request alone is started for each', async () => {
    probe = command(
      `echo start >&2; echo '${JSON.stringify(answer)}'; echo "loadwright-preflight: answered"`,
    );
    expect(await probe(request)).toEqual(answer);
    expect(await probe({ ...request, path: '/health' })).toEqual(answer);
  });

  it('that knows of no further ones is, too', async () => {
    probe = command(`echo '${JSON.stringify(answer)}'`);
    expect(await probe(request)).toEqual(answer);
    expect(await probe(request)).toEqual(answer);
  });

  it('that heeds neither its input nor a signal is killed', async () => {
    probe = command(
      `trap '' TERM; echo '${JSON.stringify(answer)}'; echo "loadwright-preflight: answered"; while :; do sleep 1; done`,
    );
    expect(await probe(request)).toEqual(answer);
    await probe.close!();
    expect(pids()).toEqual([]);
  });
});
