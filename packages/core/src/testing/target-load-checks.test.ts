import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { payloadSourceSchema } from '../payloads/source.js';
import { defineTarget } from '../target/define-target.js';
import { capacityOptionsSchema } from './capacity.js';
import { startLoopbackEndpoint } from './loopback-endpoint.js';
import { targetConformance, type TargetConformanceOptions } from './target-conformance.js';

const locust = fileURLToPath(new URL('../../../../.venv/bin/locust', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loadwright-load-checks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = `
import json

from loadwright_runtime import LoadwrightUser, Payload, Request, RequestSource, prepare, variables

Shape = prepare()


class Adding(RequestSource):
    def __init__(self, setup):
        super().__init__(setup)
        self.payloads = setup.payloads(Payload.encode)
        self.token = variables.required("ADDER_TOKEN", "the token")
        self.made = 0

    def next_request(self):
        self.made += 1
        body = self.payloads.next_body()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": body.content_type}
        return Request("POST", "/sum", name="sum", headers=headers, body=body.content)

    def check(self, response):
        reason = super().check(response)
        if reason is None:
            self.metrics.trend("total", json.loads(response.content)["sum"], "points", "of each answer")
        return reason


class AddingUser(LoadwrightUser):
    source_class = Adding
`;

/** Adds numbers that it is sent; the Python text is what differs between the tests. */
function adder(python: string, name: string) {
  const path = join(folder, `${name}.py`);
  writeFileSync(path, python);
  return defineTarget({
    specificationVersion: 1,
    kind: 'adder',
    summary: 'A service that adds numbers',
    options: z.strictObject({
      url: z.url().describe('URL'),
      payloads: payloadSourceSchema.describe('numbers'),
    }),
    example: { url: 'https://adder.example', payloads: { inline: [{ numbers: [1, 2] }, { numbers: [3] }] } },
    locustfile: pathToFileURL(path),
    host: ({ url }) => url,
    targetConfig: () => ({ timeoutSeconds: 5, expect: { status: [200] } }),
    payloads: ({ payloads }) => payloads,
    environment: () => [{ name: 'ADDER_TOKEN', secret: true, required: true, description: 'token' }],
    resolveEnvironment: async (_, { environment }) => ({
      variables: { ADDER_TOKEN: environment['ADDER_TOKEN']! },
    }),
    metrics: { total: { kind: 'trend', unit: 'points', description: 'of each answer' } },
    emulator: {
      options: capacityOptionsSchema,
      async start(capacity) {
        const endpoint = await startLoopbackEndpoint({
          capacity: capacity as z.output<typeof capacityOptionsSchema>,
          check({ body, headers }) {
            if (headers['authorization'] !== 'Bearer SECRET-OF-ADDER') return { status: 401 };
            const { numbers } = JSON.parse(body.toString()) as { numbers?: number[] };
            return Array.isArray(numbers) ? undefined : { status: 400, body: { message: 'no numbers' } };
          },
          answer: ({ body }) => {
            const { numbers } = JSON.parse(body.toString()) as { numbers: number[] };
            return { status: 200, body: { sum: numbers.reduce((sum, number) => sum + number, 0) } };
          },
          throttled: () => ({ status: 429 }),
        });
        return {
          ...endpoint,
          targetOptions: { url: endpoint.url },
          environment: { ADDER_TOKEN: 'SECRET-OF-ADDER' },
        };
      },
    },
  });
}

type Settings = TargetConformanceOptions<z.input<z.ZodObject>>;

function loadChecks(python: string, name: string, settings: Settings = {}) {
  return targetConformance(adder(python, name), { ...(settings as object), locust })
    .filter((check) => check.name.startsWith('load'))
    .map(({ name: full, run }) => ({ name: full, run }));
}

describe('a target whose Python is right', () => {
  for (const check of loadChecks(source, 'right')) it(check.name, check.run);
});

/** Each defect must be found by the checks that are named with it. */
const defects: [
  what: string,
  python: string,
  found: Readonly<Record<string, string>>,
  settings?: Settings,
][] = [
  [
    'sends wrong bodies',
    source.replace('body=body.content', 'body=b"{}"'),
    { 'load: every request of every payload succeeds': 'HTTP 400' },
  ],
  [
    'holds every answer for right',
    source.replace('reason = super().check(response)', 'return None'),
    { 'load: counts what the emulator refuses as failures': 'failures of the load' },
  ],
  [
    'does in a load what it did not do before it',
    source
      .replace('name="sum"', 'name=f"sum {self.made}"')
      .replace('headers = {', 'headers = {"X-Load": "load" if self.made > 1 else "preflight", ')
      .replace('self.made += 1', 'self.made += 1; print(self.token) if self.made == 2 else None')
      .replace(', "points", "of each answer")', ', "s")'),
    {
      'load: measures what the definition declares': "unit: 'ms'",
      'load: names its requests by few fixed names, and makes each by its name': 'name',
      'load: shows no secret in what it prints': 'shows a secret',
    },
  ],
  [
    'sends other headers in a load',
    source
      .replace('self.made = 0', 'import os; self.is_load = "LOADWRIGHT_PREFLIGHT" not in os.environ')
      .replace('self.made += 1', '')
      .replace(
        'return Request(',
        'headers |= {"X-Load": "1"} if self.is_load else {}\n        return Request(',
      ),
    {
      'load: sends what the preflight sends, byte for byte': 'names of headers: the preflight sent',
      'load, with more: measures what the definition declares': 'metric waits is not declared',
      'load, with more: names its requests by few fixed names, and makes each by its name': 'named other',
    },
    { loads: { 'with more': { metrics: ['waits'], names: ['other'] } } },
  ],
];

describe.each(defects)('a target that %s', (what, python, found, settings) => {
  const checks = loadChecks(python, what.replaceAll(' ', '_'), settings);
  it.each(Object.entries(found))('fails "%s"', async (name, message) => {
    const check = checks.find((candidate) => candidate.name === name);
    expect(check, `no check named ${name}`).toBeDefined();
    await expect(check!.run()).rejects.toThrow(message);
  });
});

it('says how to get a Locust where there is none', async () => {
  const [check] = loadChecks(source, 'none', { locust: join(folder, 'no-locust') });
  expect(check).toBeDefined();
  const none = targetConformance(adder(source, 'none'), { locust: join(folder, 'no-locust') });
  const load = none.find(({ name }) => name.startsWith('load: '))!;
  await expect(load.run()).rejects.toMatchObject({
    code: 'LOCUST_UNAVAILABLE',
    hint: expect.stringContaining('LOADWRIGHT_LOCUST'),
  });
});
