import { chalice } from '@loadwright/targets/chalice';
import { databricks } from '@loadwright/targets/databricks';
import { dht } from '@loadwright/targets/dht';
import { rest } from '@loadwright/targets/rest';
import { sagemaker } from '@loadwright/targets/sagemaker';
import { expect, it } from 'vitest';
import { pages } from './documents.js';

const targets = { rest, chalice, databricks, sagemaker, dht };
const kinds = Object.keys(targets) as (keyof typeof targets)[];
const failures = pages.flatMap(({ path }) => /^docs\/reference\/failures\/(.+)\.md$/.exec(path)?.[1] ?? []);

/** Kinds of failures that a target cannot have. `target` is that of targets of one's own. */
const impossible: Readonly<Record<keyof typeof targets, readonly string[]>> = {
  rest: ['async-failed', 'cold-start', 'target'],
  chalice: ['async-failed', 'cold-start', 'target'],
  databricks: ['async-failed', 'cold-start', 'extract', 'target'],
  sagemaker: ['extract', 'target'],
  dht: ['async-failed', 'cold-start', 'credentials', 'extract', 'stream', 'target'],
};

const textOf = (kind: string) => pages.find(({ path }) => path === `docs/reference/targets/${kind}.md`)!.text;
const failuresOf = (kind: string) =>
  /^## Failures of a load\n(.*?)^## /ms.exec(textOf(kind))?.[1] ?? 'the section is missing';

it('there are failures to look for', () => {
  expect(failures.length).toBeGreaterThan(15);
});

it.each(kinds)('the page of %s says what to do about each kind of failure', (kind) => {
  // That of chalice has those of rest, by a link.
  const section = failuresOf(kind) + (kind === 'chalice' ? failuresOf('rest') : '');
  const missing = failures.filter((failure) => !section.includes(`\`${failure}\``));
  expect(missing.sort()).toEqual([...impossible[kind]].sort());
});

it.each(kinds)('the page of %s, or one that it links, names each metric', (kind) => {
  const linked = ['token-metrics', 'load-profiles'].map(
    (name) => pages.find(({ path }) => path === `docs/reference/${name}.md`)!.text,
  );
  const text = [textOf(kind), ...(kind === 'chalice' ? [textOf('rest')] : []), ...linked].join('\n');
  const names = Object.keys(targets[kind].definition.metrics ?? {}).map((name) => name.replace(/\*$/, ''));
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});

it.each(kinds)('the page of %s has its limits, its permissions and what is not proved', (kind) => {
  const headings = [...textOf(kind).matchAll(/^##+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase());
  for (const topic of ['limits', 'permissions', 'not proved', 'before the run', 'emulator']) {
    expect(headings.join('\n')).toContain(topic);
  }
});
