import { expect, it } from 'vitest';
import { z } from 'zod';
import { pythonDirectory } from '../python-files.js';
import { createLoadTest } from '../run/create-load-test.js';
import { defineTarget } from '../target/define-target.js';

const target = defineTarget({
  specificationVersion: 1,
  kind: 'silent',
  summary: 'a service that is never asked',
  options: z.strictObject({}),
  example: {},
  locustfile: new URL('loadwright_runtime/load/user.py', pythonDirectory),
  host: () => 'http://127.0.0.1:9',
  targetConfig: () => ({}),
});

/** As JavaScript allows it. */
const test = createLoadTest({ target: target({}), load: { users: 1, duration: '1s' } }) as unknown as Record<
  'run' | 'plan' | 'deploy' | 'preflight',
  (options?: unknown) => Promise<unknown>
>;

it.each([
  ['run', () => test.run({ fleet: undefined }), 'undefined'],
  ['run without options', () => test.run(), 'undefined'],
  ['plan', () => test.plan(undefined), 'undefined'],
  ['deploy', () => test.deploy({ fleet: null }), 'null'],
  ['preflight', () => test.preflight({}), 'undefined'],
  ['run with a configuration', () => test.run({ fleet: { kind: 'local' } }), 'an object that is none'],
])('%s says that it has no fleet', async (_name, call, found) => {
  await expect(call()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `fleet: found ${found}, expected a fleet`,
    hint: 'Make one with a function of @loadwright/infra: test.run({ fleet: localFleet() }).',
  });
});
