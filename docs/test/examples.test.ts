import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { targetConformance } from '@loadwright/core/testing';
import { describe, expect, it } from 'vitest';
import { echo } from '../examples/loadwright-target-echo/src/index.js';
import { kserve } from '../examples/loadwright-target-kserve/src/index.js';
import { chat } from '../examples/loadwright-target-openai-chat/src/index.js';
import { triton } from '../examples/loadwright-target-triton/src/index.js';
import { anyTimeFlags, busyMachineFlags } from '../../packages/infra/test/busy-machine.js';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { root } from './documents.js';
import { examples, loadwright, project, transpile } from './project.js';

async function run(cwd: string, ...args: string[]): Promise<RunReport> {
  const tolerant = [...anyTimeFlags, ...busyMachineFlags];
  const { stdout } = await loadwright(cwd, 'run', '--emulator', ...tolerant, '--json', ...args);
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

  const stream = ['time_to_first_token', 'inter_token_latency', 'output_tokens'];
  const loads = { 'a sequence': { options: { sequenceLength: 3 }, metrics: ['sequences_finished'] } };
  const locust = join(root, '.venv/bin/locust');
  const suites = {
    echo: targetConformance(echo, { locust }),
    kserve: targetConformance(kserve, { locust }),
    chat: targetConformance(chat, {
      locust,
      loads: { 'a stream': { metrics: stream }, 'whole answers': { options: { stream: false } } },
    }),
    triton: targetConformance(triton, { locust, loads }),
  };

  describe.each(casesToTry(Object.entries(suites), { name: ([name]) => name, handful: 1 }))(
    '%s conforms',
    (_, checks) => {
      for (const check of checks) it(check.name, check.run);
    },
  );

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
