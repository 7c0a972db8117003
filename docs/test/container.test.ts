import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instructionsOf, violationsOf } from './dockerfile.js';
import { root } from './documents.js';
import { inThisProcess } from './project.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const recipe = 'docs/examples/docker/Dockerfile';
const files = [recipe, '.devcontainer/Dockerfile'];
const wordsOf = (name: string) =>
  instructionsOf(read(recipe))
    .filter((one) => one.name === name)
    .map(({ words }) => words);

/** A Dockerfile as it should be, with one line of it changed. */
const withLine = (line: string) => `FROM node:22.20.0\n${line}\nUSER node\n`;

describe('a Dockerfile', () => {
  it.each(files)('%s is as it should be', (file) => {
    expect(violationsOf(read(file))).toEqual([]);
    // Those that the packages ask for.
    const { engines } = JSON.parse(read('packages/cli/package.json')) as { engines: { node: string } };
    expect(engines.node).toBe('>=20.19.0');
    expect(read(file)).toMatch(/^FROM node:2[2-9]\.\d+\.\d+-bookworm/m);
  });

  it.each([
    'FROM node:22',
    'FROM node:latest',
    'RUN apt-get install -y python3',
    'RUN apt-get update && apt-get install --yes python3 && rm -rf /var/lib/apt/lists/*',
    'RUN apt-get update && apt-get install --yes --no-install-recommends python3',
    'RUN curl https://a.example/install.sh | sh',
    'ADD https://a.example/a.tar.gz /',
    'WORKDIR test',
    'ENV DATABRICKS_TOKEN=a',
    'ARG NPM_TOKEN',
    'ENTRYPOINT loadwright run',
  ])('with "%s" is refused', (line) => {
    expect(violationsOf(withLine('RUN true'))).toEqual([]);
    expect(violationsOf(withLine(line))).toHaveLength(1);
  });

  it.each(['', 'USER root', 'USER node\nUSER 0:0'])('whose user is "%s" is refused', (line) => {
    expect(violationsOf(`FROM node:22.20.0\n${line}`)).toHaveLength(1);
  });
});

describe('the recipe', () => {
  it('names commands and flags of Loadwright that exist', async () => {
    const [entry] = wordsOf('ENTRYPOINT').map((words) => (JSON.parse(words) as string[])[0]!);
    const [command] = wordsOf('CMD').map((words) => (JSON.parse(words) as string[])[0]!);
    const steps = wordsOf('RUN').flatMap(
      (words) => /\.bin\/loadwright (.*)/.exec(words)?.[1]?.split(' ') ?? [],
    );
    expect(steps).toEqual(['doctor', '--fix']);
    expect(await inThisProcess(root, ['doctor', '--help'])).toContain('--fix');
    expect(await inThisProcess(root, [command!, '--help'])).toContain(`loadwright ${command}`);
    // The same file, in the package that a project installs.
    const { bin } = JSON.parse(read('packages/loadwright/package.json')) as { bin: Record<string, string> };
    expect(entry).toBe(`/test/node_modules/.bin/${Object.keys(bin)[0]}`);
    const variable = /^LOADWRIGHT_CACHE_DIR=(\S+)$/.exec(wordsOf('ENV')[0]!)![1]!;
    expect(wordsOf('RUN')[0]).toContain(variable);
    expect(read('docs/reference/configuration.md')).toContain('LOADWRIGHT_CACHE_DIR');
  });

  it('copies neither results nor files of secrets', () => {
    const ignored = read('docs/examples/docker/.dockerignore').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env*', 'node_modules', 'results']));
  });
});

it('the devcontainer is built from its Dockerfile, by scripts that exist', () => {
  const { build, remoteUser, postCreateCommand } = JSON.parse(read('.devcontainer/devcontainer.json')) as {
    build: { dockerfile: string };
    remoteUser: string;
    postCreateCommand: string;
  };
  expect(existsSync(join(root, '.devcontainer', build.dockerfile))).toBe(true);
  expect(remoteUser).toBe('node');
  const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
  for (const [, script] of postCreateCommand.matchAll(/npm run (\S+)/g))
    expect(scripts).toHaveProperty(script!);
});
