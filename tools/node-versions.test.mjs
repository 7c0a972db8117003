import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { newestLongTermSupport, nodeLines } from './lib/node-versions.mjs';
import { packages as published, root } from './lib/paths.mjs';

const json = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const floor = semver.minVersion(json('package.json').engines.node).version;

describe('the oldest Node that is promised', () => {
  it('is one on which every installed package of the product runs', () => {
    const installed = Object.entries(json('package-lock.json').packages).filter(
      ([path, { dev, link, optional }]) => path.startsWith('node_modules/') && !dev && !link && !optional,
    );
    expect(installed.length).toBeGreaterThan(50);
    expect(
      installed
        .filter(([, { engines }]) => engines?.node && !semver.satisfies(floor, engines.node))
        .map(([path]) => path),
    ).toEqual([]);
  });

  // Versions published after the first week of January 2027 need Node 22, and do not count it as a major change.
  it.each(published)('is not raised by a minor release of the AWS SDK: %s', (name) => {
    const { dependencies = {} } = json('packages', name, 'package.json');
    const open = Object.entries(dependencies).filter(
      ([dependency, range]) =>
        /^@(aws-sdk|smithy)\//.test(dependency) &&
        semver.intersects(range, `>=${semver.inc(semver.minVersion(range).version, 'minor')}`),
    );
    expect(open).toEqual([]);
  });
});

// By the date: what was the newest once is not so for ever.
describe('the other Nodes', () => {
  const today = new Date().toISOString().slice(0, 10);

  it('include, in CI, the newest line with long-term support', () => {
    const begun = Object.keys(nodeLines).filter((line) => nodeLines[line].longTermSupport <= today);
    expect(newestLongTermSupport, 'set newestLongTermSupport in tools/lib/node-versions.mjs').toBe(
      begun.at(-1),
    );
    expect(begun.length, "add the next lines of Node's release schedule").toBeLessThan(
      Object.keys(nodeLines).length,
    );
  });

  const shown = (...folder) =>
    readdirSync(join(root, ...folder))
      .filter((name) => /\.(yml|md)$/.test(name))
      .map((name) => join(...folder, name));
  const files = [...shown('.github', 'workflows'), ...shown('docs', 'how-to'), 'action.yml'];
  const named = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/node-version: *'?(\d+)/g)].map(([, line]) => [
      line,
      file,
    ]),
  );

  // The oldest one that is promised has no table to be looked up in: it is tested because it is promised.
  it.each(named.filter(([line]) => Number(line) !== semver.major(floor)))(
    'get security fixes where a workflow names them: %s in %s',
    (line) => expect(nodeLines[line]?.endOfLife > today).toBe(true),
  );

  it('are found where workflows name them', () => expect(named.length).toBeGreaterThan(5));
});
