import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { execa } from 'execa';
import { blocks, command } from './documents.js';
import { project } from './project.js';

const page = 'docs/reference/targets/rest.md:';

it('the flow of the reference runs against the emulator', async () => {
  const { text } = blocks.find((block) => block.place.startsWith(page) && block.text.includes('flows:'))!;
  const cwd = project();
  writeFileSync(join(cwd, 'loadwright.config.ts'), text);
  const { all } = await execa(process.execPath, [command, 'run', '--emulator', '--duration', '5s'], {
    cwd,
    all: true,
    // How fast this machine is, is not what is tested.
    reject: false,
  });
  const [summary] = readdirSync(cwd, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('summary.json'),
  );
  expect(summary, all).toBeDefined();
  const { requests } = JSON.parse(readFileSync(join(cwd, summary!), 'utf8')) as {
    requests: readonly { name: string; due: number; succeeded: number; failed: number }[];
  };
  const succeeded = new Map(requests.map(({ name, ...counts }) => [name, counts.succeeded]));
  expect([...succeeded.keys()].sort()).toEqual(['/orders/{order}', 'login', 'order', 'search']);
  expect(requests.filter(({ due, failed, ...row }) => failed > 0 || due !== row.succeeded)).toEqual([]);
  const [login = 0, order = 0, look = 0] = ['login', 'order', '/orders/{order}'].map((name) =>
    succeeded.get(name),
  );
  expect(look).toBeGreaterThan(0);
  // Each of the ten users has at most one flow under way.
  expect(login).toBeGreaterThanOrEqual(order);
  expect(order).toBeGreaterThanOrEqual(look);
  expect(login - look).toBeLessThanOrEqual(10);
}, 120_000);
