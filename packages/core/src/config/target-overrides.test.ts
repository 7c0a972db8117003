import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { createLoadTest } from '../run/create-load-test.js';
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

describe('options that a target finds on this machine', () => {
  const finding = defineTarget({
    ...demo.definition,
    findOptions: ({ baseUrl }, { environment }): Record<string, { value: string; origin: string }> => {
      if (environment['BROKEN']) throw new LoadwrightError('CREDENTIALS_INVALID', 'two places disagree');
      const value = environment['DEMO_HOST'];
      return baseUrl || !value ? {} : { baseUrl: { value, origin: 'environment DEMO_HOST' } };
    },
  });
  const load = (text: string, environment: Record<string, string>, flags = {}) => {
    const cwd = mkdtempSync(join(tmpdir(), 'loadwright-found-'));
    writeFileSync(join(cwd, 'loadwright.config.yaml'), text);
    return loadConfig({
      ...{ cwd, flags, environment },
      builtInTargets: { demo: async () => ({ default: finding }) },
    });
  };
  const environment = { DEMO_HOST: 'http://found' };

  it('are filled in, with their origin', async () => {
    const { config, origins, found } = await load('target: { kind: demo }', environment);
    expect(config.target.options).toEqual({ baseUrl: 'http://found' });
    expect(found).toEqual(['target.baseUrl']);
    expect(origins).toMatchObject({ 'target.baseUrl': 'environment DEMO_HOST' });
  });

  it('give way to the file and to flags', async () => {
    const written = await load('target: { kind: demo, baseUrl: http://a }', environment);
    const flag = await load('target: { kind: demo }', environment, { '--host': 'http://b' });
    expect([written.found, flag.found]).toEqual([[], []]);
    expect(flag.config.target.options).toEqual({ baseUrl: 'http://b' });
  });

  it('are left out where they are contradictory, which the load test refuses', async () => {
    const { config, found } = await load('target: { kind: demo }', { BROKEN: 'yes' });
    expect(found).toEqual([]);
    const test = () =>
      createLoadTest({
        ...{ target: config.target, load: { users: 1, duration: '1s' } },
        environment: { BROKEN: 'yes' },
      });
    expect(test).toThrow('two places disagree');
  });
});
