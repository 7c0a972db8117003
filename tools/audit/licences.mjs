/** Licences of everything that a user of the packages installs. Works offline. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import satisfies from 'spdx-satisfies';
import { mustRun } from '../lib/processes.mjs';

/** Licences by which anybody may use, change and pass on what depends on it, as long as the text goes with it. */
const allowed = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  // Asks for the source of its own files alone.
  'MPL-2.0',
  'PSF-2.0',
  'Zlib',
  'ZPL-2.1',
];

/** Older Python packages name their licence in a classifier alone. The BSD licence's variants are all allowed. */
const ofClassifier = {
  'License :: OSI Approved :: BSD License': 'BSD-3-Clause',
  'License :: OSI Approved :: MIT License': 'MIT',
};

/**
 * @typedef {{ name: string, version: string, licence?: string }} Package licence: as the package says it, an SPDX
 * expression if it can be judged
 * @param {readonly Package[]} packages
 * @returns {{ passed: number, failed: number, failures: string[] }} a test for each package
 */
export function judgeLicences(packages) {
  const failures = packages.flatMap(({ name, version, licence }) => {
    const reason = whyNotAllowed(licence);
    return reason ? [`${name} ${version}: ${reason}`] : [];
  });
  return { passed: packages.length - failures.length, failed: failures.length, failures };
}

function whyNotAllowed(licence) {
  if (!licence) return 'names no licence';
  try {
    return satisfies(licence, allowed) ? undefined : `${licence} is not allowed`;
  } catch {
    return `"${licence}" is no SPDX expression`;
  }
}

/**
 * The npm packages that come with a production dependency, those for other platforms included.
 *
 * @param {string} folder of a package-lock.json
 * @returns {Package[]}
 */
export function npmPackages(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
    .map(([path, entry]) => {
      const file = join(folder, path, 'package.json');
      // What is installed has the last word; the lock file knows what is not.
      const described = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : entry;
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version: entry.version, licence: licenceOf(described) };
    });
}

/** Packages of before 2014 have a list, of which npm does not say whether all or one of them apply: all must be allowed. */
function licenceOf({ license, licenses }) {
  if (typeof license === 'string') return license;
  const listed = Array.isArray(licenses) ? licenses.map(({ type }) => type) : [];
  return listed.length > 0 ? listed.join(' AND ') : undefined;
}

/**
 * The Python packages of a file of requirements, as far as this machine has them.
 *
 * @param {{ requirements: string, python: string }} options requirements: the text; python: the executable of an
 * environment in which they are installed
 * @returns {Promise<{ packages: Package[], absent: string[] }>} absent: those for other platforms or other versions of
 * Python, such as `tomli 2.5.0`
 */
export async function pythonPackages({ requirements, python }) {
  const wanted = [...requirements.matchAll(/^([\w.-]+)==([^\s;]+)/gm)].map(([, name, version]) => ({
    name,
    version,
  }));
  const script = `
import importlib.metadata, json, sys
told = {}
for name in sys.argv[1:]:
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        continue
    told[name] = {
        "version": metadata["Version"],
        "licences": [metadata.get("License-Expression"), metadata.get("License")],
        "classifiers": metadata.get_all("Classifier") or [],
    }
print(json.dumps(told))`;
  const { stdout } = await mustRun(python, ['-c', script, ...wanted.map(({ name }) => name)], {
    quiet: true,
  });
  const told = JSON.parse(stdout);
  const isHere = ({ name, version }) => told[name]?.version === version;
  return {
    packages: wanted.filter(isHere).map((one) => ({ ...one, licence: pythonLicence(told[one.name]) })),
    absent: wanted.filter((one) => !isHere(one)).map(({ name, version }) => `${name} ${version}`),
  };
}

/** @param {{ licences: (string | null)[], classifiers: string[] }} metadata */
function pythonLicence({ licences, classifiers }) {
  const classified = classifiers.flatMap((classifier) => ofClassifier[classifier] ?? []);
  // The first that can be judged; otherwise what it says, for the message.
  const told = [...licences, ...classified].filter(Boolean);
  return told.find((licence) => whyNotAllowed(licence) === undefined) ?? told[0];
}
