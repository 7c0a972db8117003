import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineTarget } from '../target/define-target.js';
import { loadConfig } from './load-config.js';

const demo = defineTarget({
  specificationVersion: 1,
  kind: 'demo',
  summary: 'a demonstration',
  options: z.looseObject({ baseUrl: z.string() }),
  example: { baseUrl: 'http://127.0.0.1' },
  locustfile: new URL('./locustfile.py', import.meta.url),
  host: ({ baseUrl }) => baseUrl,
  targetConfig: () => ({}),
});

it('sets options of a target by flag and variable, and leaves the others', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'loadwright-overrides-'));
  writeFileSync(join(cwd, 'loadwright.config.yaml'), 'target: { kind: demo, path: /a, urls: { seed: 1 } }');
  const { config, origins } = await loadConfig({
    cwd,
    flags: { '--host': 'http://b' },
    environment: { LOADWRIGHT_URL_POOL: '7' },
    builtInTargets: { demo: async () => ({ default: demo }) },
  });
  expect(config.target.options).toEqual({ baseUrl: 'http://b', path: '/a', urls: { seed: 1, count: 7 } });
  expect(origins).toMatchObject({
    'target.baseUrl': 'flag --host',
    'target.urls.count': 'environment LOADWRIGHT_URL_POOL',
    'target.path': 'file',
  });
});
