import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonBin, root } from '../lib/paths.mjs';
import { judgeLicences, npmPackages, pythonPackages } from './licences.mjs';
import { updateThirdParty } from './third-party.mjs';
import { ensurePipAudit, npmVulnerabilities, pythonVulnerabilities } from './vulnerabilities.mjs';

/** What Loadwright installs for a test on this machine and on others. */
const requirements = join(root, 'packages/core/python/requirements.txt');

/**
 * Judges what a user of the packages installs: its licences, and vulnerabilities that are known. Needs the npm
 * dependencies and the Python environment of the tests.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, folder: string }} options folder: an existing one for files
 */
export async function audit(ledger, { env, folder }) {
  await ledger.stage('licences of npm packages', async () => judgeLicences(npmPackages(root)));
  await ledger.stage('licences of Python packages', async () => {
    const text = readFileSync(requirements, 'utf8');
    const { packages, absent } = await pythonPackages({ requirements: text, python: pythonBin('python') });
    const why = 'because they are for another platform or another version of Python, and not installed here';
    const notChecked = absent.length > 0 ? [`licences of ${absent.join(', ')}, ${why}`] : [];
    return { ...judgeLicences(packages), notChecked };
  });
  await ledger.stage('the page of the software of others', async () => {
    const changed = await updateThirdParty({ checkOnly: true });
    if (changed.length > 0)
      throw new Error('THIRD-PARTY.md is out of date: run `node tools/audit/third-party.mjs`');
  });
  await ledger.stage('known vulnerabilities of npm packages', () => npmVulnerabilities(root, { env }));
  await ledger.stage('known vulnerabilities of Python packages', async () => {
    const pipAudit = await ensurePipAudit();
    return pythonVulnerabilities(requirements, { env, pipAudit, folder });
  });
}
