import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pythonBin, root } from '../lib/paths.mjs';
import { judgeLicences, npmPackages, pythonPackages } from './licences.mjs';
import { npmVulnerabilities, pythonVulnerabilities } from './vulnerabilities.mjs';

let folder;
let server;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
});

afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

const write = (name, content) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

function writeProject(packages) {
  write('package.json', { name: 'project', version: '1.0.0', dependencies: { broken: '1.0.0' } });
  const root = { name: 'project', version: '1.0.0', dependencies: { broken: '1.0.0' } };
  write('package-lock.json', { name: 'project', lockfileVersion: 3, packages: { '': root, ...packages } });
}

it('fails on a licence that is not allowed, is none, or cannot be understood', () => {
  writeProject({
    'node_modules/fine': { version: '1.0.0', license: 'MIT' },
    'node_modules/both': { version: '1.0.0', license: '(MIT AND Zlib)' },
    'node_modules/either': { version: '1.0.0', license: '(GPL-3.0-only OR MIT)' },
    'node_modules/fine/node_modules/@a/worse': { version: '2.0.0', license: '(MIT AND GPL-3.0-only)' },
    'node_modules/silent': { version: '1.0.0' },
    'node_modules/vague': { version: '1.0.0', license: 'SEE LICENSE IN FILE' },
    'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
    'node_modules/old': { version: '1.0.0', licenses: [{ type: 'MIT' }] },
    'node_modules/older': { version: '1.0.0', licenses: [{ type: 'MIT' }, { type: 'GPL-3.0-only' }] },
  });
  const { passed, failed, failures } = judgeLicences(npmPackages(folder));
  expect({ passed, failed }).toEqual({ passed: 4, failed: 4 });
  expect(failures).toEqual([
    '@a/worse 2.0.0: (MIT AND GPL-3.0-only) is not allowed',
    'silent 1.0.0: names no licence',
    'vague 1.0.0: "SEE LICENSE IN FILE" is no SPDX expression',
    'older 1.0.0: MIT AND GPL-3.0-only is not allowed',
  ]);
});

it('finds the licences of Python packages in expressions, texts and classifiers', async () => {
  // One of each, and one that is another version than the installed.
  const all = readFileSync(join(root, 'packages/core/python/requirements.txt'), 'utf8');
  const requirements = `${all.match(/^(msgpack|locust|jinja2)==.*$/gm).join('\n')}\ntomli==0.0.1\n`;
  const { packages, absent } = await pythonPackages({ requirements, python: pythonBin('python') });
  expect(packages.map(({ name, licence }) => `${name} ${licence}`)).toEqual([
    'jinja2 BSD-3-Clause',
    'locust MIT',
    'msgpack Apache-2.0',
  ]);
  expect(absent).toEqual(['tomli 0.0.1']);
});

/** A registry of npm, as far as an audit asks it. */
async function startRegistry(answer) {
  server = createServer((request, response) => {
    const [status, body] = answer(request.url);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    request.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  writeProject({ 'node_modules/broken': { version: '1.0.0', license: 'MIT' } });
  return { env: { ...process.env, npm_config_registry: `http://127.0.0.1:${server.address().port}` } };
}

it('says which advisories the npm registry has', async () => {
  const advisory = { id: 1, title: 'Reads too much', url: 'https://example.test/1', severity: 'low' };
  const options = await startRegistry((url) =>
    url.endsWith('/advisories/bulk')
      ? [200, { broken: [{ ...advisory, vulnerable_versions: '<2.0.0' }] }]
      : [200, { name: 'broken', versions: { '1.0.0': { name: 'broken', version: '1.0.0' } } }],
  );
  const { passed, failed, failures } = await npmVulnerabilities(folder, options);
  expect({ passed, failed }).toEqual({ passed: 0, failed: 1 });
  expect(failures[0]).toMatch(/^broken .*: low: Reads too much \(https:\/\/example\.test\/1\)$/);
});

it('passes when the npm registry has no advisory, and says so when it answers no audit', async () => {
  const silent = await startRegistry(() => [200, {}]);
  expect(await npmVulnerabilities(folder, silent)).toMatchObject({ passed: 1, failed: 0, notChecked: [] });
  server.close();
  const { passed, failed, notChecked } = await npmVulnerabilities(
    folder,
    await startRegistry(() => [405, {}]),
  );
  expect({ passed, failed }).toEqual({ passed: 0, failed: 0 });
  expect(notChecked[0]).toMatch(/^known vulnerabilities of npm packages, because 405 Method Not Allowed/);
});

/** What pip-audit 2.10.1 prints, by the service that it asks. */
function writePipAudit(answers) {
  const cases = Object.entries(answers).map(([service, said]) => `*"-s ${service}"*) echo '${said}';;`);
  write('pip-audit', `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\nesac\n`);
  chmodSync(join(folder, 'pip-audit'), 0o755);
  write('requirements.txt', "flask==1.0 \\\n    --hash=x\nzope-event==6.2 ; python_version < '3.11'\n");
  const options = { env: process.env, pipAudit: join(folder, 'pip-audit'), folder };
  return pythonVulnerabilities(join(folder, 'requirements.txt'), options);
}

const dependencies = (...list) => JSON.stringify({ dependencies: list, fixes: [] });
const vulnerable = { id: 'PYSEC-1', fix_versions: ['1.1'], aliases: [], description: 'Reads too much' };
const skip = { name: 'zope-event', skip_reason: 'not found on PyPI' };

it('asks the next service about Python packages that one does not know, and names what none knows', async () => {
  const flask = { name: 'Flask', version: '1.0', vulns: [vulnerable] };
  const known = { name: 'zope.event', version: '6.2', vulns: [] };
  expect(await writePipAudit({ pypi: dependencies(flask, skip), osv: dependencies(known) })).toEqual({
    passed: 0,
    failed: 1,
    failures: ['Flask 1.0: PYSEC-1, mended in 1.1: Reads too much'],
    notChecked: [],
  });
  const harmless = { ...flask, vulns: [] };
  expect(
    await writePipAudit({ pypi: dependencies(harmless, skip), osv: 'ConnectionError: no network' }),
  ).toEqual({
    passed: 0,
    failed: 0,
    failures: [],
    notChecked: [
      'known vulnerabilities of 1 Python packages, because pypi: not found on PyPI; osv: ConnectionError: no network',
    ],
  });
  expect(await writePipAudit({ pypi: dependencies(harmless, known) })).toMatchObject({
    passed: 1,
    failed: 0,
  });
});
