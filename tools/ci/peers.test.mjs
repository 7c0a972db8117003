import { expect, it } from 'vitest';
import { judgePeers } from './peers.mjs';

const shares = { loadwright: 0.2, vegeta: 0.2, k6: 0.25 };

it('counts a test for each peer, and one for the books of the server', () => {
  const compared = { shares, differences: { vegeta: 0, k6: 1 }, unaccounted: 0 };
  expect(judgePeers(compared)).toEqual({ passed: 3, failed: 0, failures: [] });
});

it.each([1.01, NaN])('fails when shares differ by more than the sampling error: %d', (k6) => {
  expect(judgePeers({ shares, differences: { vegeta: 0, k6 }, unaccounted: 0 })).toEqual({
    passed: 2,
    failed: 1,
    failures: ['20.0 % failed, and 25.0 % with k6: beyond the sampling error'],
  });
});

it('fails when a request is unaccounted for', () => {
  const differences = { vegeta: 0, k6: 0 };
  expect(judgePeers({ shares, differences, unaccounted: 1 })).toMatchObject({ passed: 2, failed: 1 });
  expect(judgePeers({ shares, differences, unaccounted: NaN })).toMatchObject({ passed: 2, failed: 1 });
});
