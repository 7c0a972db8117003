import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Aws } from './clients.js';
import { patient, type Pace } from './settings.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function callsTo(listener: RequestListener, pace: Partial<Pace>): Promise<Aws> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return new Aws(
    {
      fleetKind: 'ec2',
      region: 'eu-west-1',
      profile: undefined,
      keys: { accessKeyId: 'AKIAMADEUPFORTESTS01', secretAccessKey: 'made-up-for-tests' },
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      pace: { ...patient, ...pace },
    },
    new AbortController().signal,
  );
}

it('gives up a connection that stays silent, tries once more, and no longer', async () => {
  let calls = 0;
  // Longer than this process may be held up: the server is in it.
  const aws = await callsTo(() => (calls += 1), { attempts: 8, silence: 1500 });
  await expect(aws.sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ code: 'ESILENT' });
  expect(calls).toBe(2);
  aws.close();
});

it('tries as often as it may where connections break: nobody is silent there', async () => {
  let calls = 0;
  const broken: RequestListener = (request) => {
    calls += 1;
    request.socket.resetAndDestroy();
  };
  const aws = await callsTo(broken, { attempts: 4 });
  await expect(aws.sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(calls).toBe(4);
  aws.close();
});
