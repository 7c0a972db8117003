import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
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
