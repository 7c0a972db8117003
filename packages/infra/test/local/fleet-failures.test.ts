import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { processesIn } from './processes.js';
import { locust, provisionRequest } from './provision-request.js';
import { itWhole } from '../matrix.js';

describe('a local fleet that cannot start', { timeout: 180_000 }, () => {
  it('says that the web port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: webPort } = server.address() as AddressInfo;
    await expect(localFleet({ locust, webPort }).provision(provisionRequest())).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: `webPort: 127.0.0.1:${webPort} is taken by another program.`,
      hint: expect.stringContaining('another webPort'),
    });
    server.close();
  });

  itWhole('chooses other ports when one was taken after it was chosen', async () => {
    const request = provisionRequest();
    const once = join(request.bundle.directory, '..', 'once');
    const unlucky = join(request.bundle.directory, '..', 'locust');
    writeFileSync(
      unlucky,
      `#!/bin/sh
case "$*" in *--web-port*) if mkdir '${once}'; then
  echo "OSError: [Errno 98] Address already in use: ('127.0.0.1', 1)" >&2
  exit 1
fi;; esac
exec '${locust}' "$@"
`,
      { mode: 0o755 },
    );
    const handle = await localFleet({ locust: unlucky }).provision(request);
    expect(request.lines.filter((line) => /was taken in the meantime/.test(line))).toHaveLength(1);
    expect((await handle.destroy()).remaining).toEqual([]);
    expect(processesIn(request.bundle.directory)).toEqual([]);
  });

  it('shows the traceback of a locustfile that does not load', async () => {
    const request = provisionRequest();
    writeFileSync(join(request.bundle.directory, 'locustfile.py'), 'def broken(:\n');
    await expect(localFleet({ locust }).provision(request)).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(/^master did not start: it ended with exit code 1;[^]*SyntaxError/),
      hint: expect.stringContaining(join(request.logDirectory, 'master.log')),
    });
    expect(readFileSync(join(request.logDirectory, 'master.log'), 'utf8')).toContain('SyntaxError');
    expect(processesIn(request.bundle.directory)).toEqual([]);
  });

  itWhole('names the variable that the workers lack', async () => {
    const request = provisionRequest({ environment: {} });
    await expect(localFleet({ locust }).provision(request)).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(/^worker-\d did not start: [^]*LOADWRIGHT_TEST_TOKEN is not set/),
      hint: expect.stringContaining('Set the variable'),
    });
    expect(processesIn(request.bundle.directory)).toEqual([]);
  });

  it('starts its workers beside a master that does not answer yet, for each has much to read', async () => {
    const request = provisionRequest();
    const slow = join(request.bundle.directory, '..', 'slow');
    const started = join(request.bundle.directory, '..', 'started');
    // When its two workers are there, the wait for the master ends.
    writeFileSync(
      slow,
      `#!/bin/sh
case "$*" in
  --version) echo locust 2.46.1; exit;;
  *--worker*) echo worker >> '${started}';;
  *) until [ "$(wc -l < '${started}')" = 2 ]; do sleep 0.05; done 2>/dev/null
     echo two workers are there; exit 1;;
esac
exec sleep 60
`,
      { mode: 0o755 },
    );
    await expect(localFleet({ locust: slow }).provision(request)).rejects.toMatchObject({
      message: expect.stringMatching(/^master did not start: [^]*two workers are there/),
    });
    expect(processesIn(request.bundle.directory)).toEqual([]);
  });

  it('says that it took too long', async () => {
    const request = provisionRequest();
    await expect(localFleet({ locust, startTimeout: '100ms' }).provision(request)).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: 'The fleet did not start within 0.1 s: the master did not answer.',
      hint: expect.stringContaining('startTimeout'),
    });
    expect(processesIn(request.bundle.directory)).toEqual([]);
  });

  itWhole.each(['Starting the Locust master', 'Starting 2 workers'])(
    'leaves nothing when aborted at "%s"',
    async (step) => {
      const abort = new AbortController();
      const request = provisionRequest({
        signal: abort.signal,
        onProgress: (message) => message.startsWith(step) && setTimeout(() => abort.abort(), 20),
      });
      await expect(localFleet({ locust }).provision(request)).rejects.toMatchObject({ code: 'ABORTED' });
      expect(processesIn(request.bundle.directory)).toEqual([]);
    },
  );

  it.each([
    [
      'a Locust that is too old',
      'echo locust 2.45.9',
      /is Locust 2\.45\.9; Loadwright needs 2\.46\.0 or newer/,
    ],
    ['something else than Locust', 'echo 1.0', /is not a Locust that can be run/],
  ])('refuses %s', async (_, command, message) => {
    const request = provisionRequest();
    const impostor = join(request.bundle.directory, 'locust');
    writeFileSync(impostor, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    const environment = { ...process.env, LOADWRIGHT_LOCUST: impostor };
    await expect(localFleet({ environment }).provision(request)).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('variable LOADWRIGHT_LOCUST'),
    });
    rmSync(impostor);
  });

  it('refuses wrong options before anything starts', () => {
    expect(() => localFleet({ webPort: 70_000, startTimeout: 'soon' })).toThrowError(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/fleet\.webPort: found 70000[^]*fleet\.startTimeout: found "soon"/),
      }),
    );
  });
});
