/**
 * Writes THIRD-PARTY.md: the licence of everything that comes with the packages. With `--check` it changes nothing, and fails when
 * the file is out of date. Needs the npm dependencies and the Python environment of the tests.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { pythonBin, root } from '../lib/paths.mjs';
import { npmPackages, pythonPackages } from './licences.mjs';

const file = join(root, 'THIRD-PARTY.md');

/** A row of a table of the page. */
const row = ({ name, version, licence }) => `| ${name} | ${version} | ${licence ?? 'not known'} |`;

function table(packages) {
  const rows = packages.map(row).sort((a, b) => a.localeCompare(b, 'en'));
  return ['| Package | Version | Licence |', '| --- | --- | --- |', ...new Set(rows)].join('\n');
}

/** Packages for other platforms are not installed here: what the page says of the same version stays. */
function fromPage(absent, page) {
  return absent.map((each) => {
    const [name, version] = each.split(' ');
    const cells = page
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .find((found) => found[1] === name && found[2] === version);
    return { name, version, licence: cells?.[3] };
  });
}

/** @returns {Promise<string[]>} the file, when it is out of date; it is then written, unless only a check is asked for */
export async function updateThirdParty({ checkOnly }) {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const requirements = readFileSync(join(root, 'packages/core/python/requirements.txt'), 'utf8');
  const python = await pythonPackages({ requirements, python: pythonBin('python') });
  const text = `# Software of others

Loadwright is under the Apache License 2.0. This page names what comes with it. Written by
\`node tools/audit/third-party.mjs\`; \`.ci/run\` compares it, and judges each licence.

## Copied into reports

A report is one file that needs no network, so it contains the charts' library:

> ${readFileSync(join(root, 'node_modules/uplot/LICENSE'), 'utf8').trim().split('\n').join('\n> ')}

## Installed by npm

${table(npmPackages(root))}

## Installed by pip, for Locust

${table([...python.packages, ...fromPage(python.absent, before)])}
`;
  const after = await format(text, { ...(await resolveConfig(file)), filepath: file });
  if (after === before) return [];
  if (!checkOnly) writeFileSync(file, after);
  return [file];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const checkOnly = process.argv.includes('--check');
  const changed = await updateThirdParty({ checkOnly });
  if (changed.length > 0) console.log(`${checkOnly ? 'out of date' : 'written'}: ${changed.join(', ')}`);
  if (checkOnly && changed.length > 0) process.exit(1);
}
