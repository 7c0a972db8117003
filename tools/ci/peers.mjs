import { ensureGoTools } from '../../benchmarks/lib/go-tools.mjs';
import { compareFailures, peerServers } from '../../benchmarks/lib/peers.mjs';
import { output } from '../lib/output.mjs';
import { pythonBin } from '../lib/paths.mjs';

/**
 * Holds Loadwright's share of failures against those of vegeta and k6, on servers that misbehave, as the benchmark does.
 * Needs Go: without it nothing is compared, and that fails.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ folder: string }} options folder: an existing one for files
 */
export async function checkPeers(ledger, { folder }) {
  await ledger.stage('vegeta and k6', ensureGoTools, { required: true });
  for (const server of Object.keys(peerServers)) {
    await ledger.stage(`beside vegeta and k6: a server that ${server}`, async () => {
      const compared = await compareFailures(server, { folder, locust: pythonBin('locust') });
      output().write(`${JSON.stringify(compared)}\n`);
      return judgePeers(compared);
    });
  }
}

/**
 * A test for each peer, and one for the requests of the server's books.
 *
 * @param {Awaited<ReturnType<typeof compareFailures>>} compared
 * @returns {{ passed: number, failed: number, failures: string[] }}
 */
export function judgePeers({ shares, differences, unaccounted }) {
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const failures = Object.entries(differences)
    // What is no number is no agreement either.
    .filter(([, difference]) => !(difference <= 1))
    .map(
      ([peer]) =>
        `${percent(shares.loadwright)} failed, and ${percent(shares[peer])} with ${peer}: beyond the sampling error`,
    );
  if (unaccounted !== 0) failures.push(`the report and the server differ by ${unaccounted} requests`);
  const tests = Object.keys(differences).length + 1;
  return { passed: tests - failures.length, failed: failures.length, failures };
}
