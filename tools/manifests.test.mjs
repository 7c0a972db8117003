import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packages as published, root } from './lib/paths.mjs';

const text = (...path) => readFileSync(join(root, ...path), 'utf8');
const json = (...path) => JSON.parse(text(...path));
const manifest = (name) => json('packages', name, 'package.json');

describe.each(published)('what the registry is told of %s', (name) => {
  const { repository, publishConfig, keywords, files, engines, license, description } = manifest(name);

  it('says where it comes from, for whom it is, and what is in it', () => {
    expect(repository).toMatchObject({ type: 'git', directory: `packages/${name}` });
    expect(keywords).toContain('load-testing');
    expect(files).toContain('dist');
    expect(license).toBe('Apache-2.0');
    expect(description.length).toBeGreaterThan(20);
  });

  it('promises the Node of the repository', () => {
    expect(engines).toEqual(json('package.json').engines);
  });

  it('is published for everybody, with provenance, and wherever npm is configured for', () => {
    expect(publishConfig).toEqual({ access: 'public', provenance: true });
  });
});

describe('a release', () => {
  it('has all packages in one version, which each of them wants of the others', () => {
    const versions = Object.fromEntries(
      published.map((name) => [manifest(name).name, manifest(name).version]),
    );
    expect(new Set(Object.values(versions)).size).toBe(1);
    for (const name of published) {
      for (const [dependency, range] of Object.entries(manifest(name).dependencies ?? {})) {
        if (dependency in versions)
          expect([name, dependency, range]).toEqual([name, dependency, versions[dependency]]);
      }
    }
    expect(json('.changeset', 'config.json').fixed).toEqual([Object.keys(versions)]);
  });

  it('is described in the changelog', () => {
    expect(text('CHANGELOG.md')).toContain(`\n## ${manifest('core').version}\n`);
  });

  it('holds every package that is not private', () => {
    const open = readdirSync(join(root, 'packages'), { withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'package.json')),
      )
      .filter((entry) => manifest(entry.name).private !== true)
      .map((entry) => entry.name);
    expect(open.sort()).toEqual([...published].sort());
  });
});

const workflows = readdirSync(join(root, '.github', 'workflows'));

describe.each(workflows)('the workflow %s', (file) => {
  const source = text('.github', 'workflows', file);
  const { jobs, permissions } = parse(source);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('takes actions by their digest, with the version beside it', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const one of used) expect(one).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    expect(source.match(/uses: .* # v\d+\.\d+\.\d+$/gm)).toHaveLength(used.length);
  });

  it('may read, and knows no secret', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(source).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|registry-url/);
    for (const { 'timeout-minutes': minutes } of Object.values(jobs)) expect(minutes).toBeLessThanOrEqual(90);
  });
});

it('only a person lets packages be published, after all checks, by who the workflow is', () => {
  const { on, jobs } = parse(text('.github', 'workflows', 'release.yml'));
  expect(Object.keys(on)).toEqual(['workflow_dispatch']);
  const publishing = Object.entries(jobs).filter(([, job]) => JSON.stringify(job).includes('publish"'));
  expect(publishing.map(([name]) => name)).toEqual(['publish']);
  expect(jobs.publish).toMatchObject({
    needs: 'check',
    environment: 'release',
    if: "github.ref == 'refs/heads/main'",
    permissions: { contents: 'read', 'id-token': 'write' },
  });
  expect(jobs.check.steps.at(-1).run).toContain('.ci/run');
});

it('no file of the packages or of a release names the host of a registry', () => {
  const files = [
    'package-lock.json',
    '.npmrc',
    ...workflows.map((file) => `.github/workflows/${file}`),
    ...published.flatMap((name) => ['package.json', 'README.md'].map((file) => `packages/${name}/${file}`)),
  ];
  for (const file of files)
    expect(text(file)).not.toMatch(/registry\.npmjs|registry\.yarnpkg|"resolved": "https?:/);
});
