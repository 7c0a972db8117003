import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { userData } from './user-data.js';

it('keeps connections off the ports that the master listens at', () => {
  const text = gunzipSync(
    userData({
      ...{ fleetId: '20261123-093000-0123456789', cluster: 'one', role: 'master', part: 'master' },
      ...{ uiPort: 9000, spot: false, expiresAt: new Date(0) },
    }),
  ).toString();
  expect(text).toContain('net.ipv4.ip_local_reserved_ports = 5557,9000,51678-51679');
  expect(text).not.toContain('8089');
});
