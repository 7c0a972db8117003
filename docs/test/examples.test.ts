import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { targetConformance } from '@loadwright/core/testing';
import { describe, expect, it } from 'vitest';
import { echo } from '../examples/loadwright-target-echo/src/index.js';
import { root } from './documents.js';
import { examples, loadwright, project, transpile } from './project.js';

async function run(cwd: string, ...args: string[]): Promise<RunReport> {
  const { stdout } = await loadwright(cwd, 'run', '--emulator', '--json', ...args);
  return JSON.parse(stdout) as RunReport;
}

function expectPass(report: RunReport): void {
  expect(report).toMatchObject({ verdict: 'PASS', total: { failed: 0 } });
  expect(report.total.count).toBeGreaterThan(0);
}

describe('the configuration', () => {
  it('says the same in TypeScript and in YAML', async () => {
    const folder = project('loadwright.config.ts', 'loadwright.config.yaml');
    const print = async (file: string) => {
      const { stdout } = await loadwright(folder, 'config', 'print', '--json', '--config', file);
      return (JSON.parse(stdout) as { configuration: unknown }).configuration;
    };
    expect(await print('loadwright.config.yaml')).toEqual(await print('loadwright.config.ts'));
  });

  it('runs', async () => expectPass(await run(project('loadwright.config.ts', 'features.jsonl'))));
});

describe('a target of your own', () => {
  const source = join(examples, 'loadwright-target-echo');

  describe('conforms', () => {
    const locust = join(root, '.venv/bin/locust');
    for (const check of targetConformance(echo, { locust })) it(check.name, check.run);
  });

  it('is found by its name in the project of its user, and runs', async () => {
    const folder = project('third-party.yaml');
    const installed = join(folder, 'node_modules', 'loadwright-target-echo');
    mkdirSync(installed, { recursive: true });
    cpSync(join(source, 'package.json'), join(installed, 'package.json'));
    cpSync(join(source, 'python'), join(installed, 'python'), { recursive: true });
    transpile(join(source, 'src'), join(installed, 'dist'));
    const { stdout } = await loadwright(folder, 'targets', 'show', 'echo');
    expect(stdout).toContain('ECHO_TOKEN');
    expectPass(await run(folder, '--config', 'third-party.yaml'));
  });
});
