import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Aws, patient } from './clients.js';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

it('gives up a connection that stays silent, tries once more, and no longer', async () => {
  let calls = 0;
  server = createServer(() => (calls += 1));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const aws = new Aws(
    {
      region: 'eu-west-1',
      profile: undefined,
      keys: { accessKeyId: 'AKIAMADEUPFORTESTS01', secretAccessKey: 'made-up-for-tests' },
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      pace: { ...patient, attempts: 8, silence: 100 },
    },
    new AbortController().signal,
  );
  await expect(aws.sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({ code: 'ESILENT' });
  expect(calls).toBe(2);
  aws.close();
});
