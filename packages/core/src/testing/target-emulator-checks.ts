import assert from 'node:assert/strict';
import type { Emulator, EmulatorDefinition } from '../target/emulator-contract.js';
import type { PreflightReport } from '../target/contract.js';
import type { Probe } from '../fleet/contract.js';
import type { ConformanceCheck } from './conformance.js';
import { issuesOf, jsonSchemaOf, validOptions } from './json-schema.js';
import { runPreflight } from './locust-probe.js';
import type { TargetSubject } from './target-subject.js';
import { canary, contextOf, rejection } from './target-secret-checks.js';

const refusals = ['CREDENTIALS_INVALID', 'PREFLIGHT_FAILED'] as const;

/** The emulator and the preflight against it. None when the target has no emulator or no preflight. */
export function targetEmulatorChecks(subject: TargetSubject): ConformanceCheck[] {
  const { emulator, preflight } = subject.definition;
  if (emulator === undefined || preflight === undefined) return [];
  return [
    {
      name: 'emulator: describes its options and refuses unknown ones',
      run: async () => {
        assert(jsonSchemaOf(emulator.options)['properties'], 'the JSON Schema must have properties');
        assert.match(issuesOf(emulator.options, { noSuchOption: 1 }).join('\n'), /noSuchOption/);
      },
    },
    {
      name: 'emulator: preflight succeeds against it',
      run: () =>
        withEmulator(emulator, {}, async (running) => {
          assert.match(running.url, /^http:\/\/127\.0\.0\.1:\d+/, 'an emulator listens on loopback only');
          const { latencyMilliseconds, summary } = await preflightOf(subject, running);
          assert.match(summary, /^\S[^\n]+$/, 'the summary is one line');
          assert(latencyMilliseconds > 0, 'the latency must be measured');
          const { requests, served } = running.statistics();
          assert(requests >= 1 && served >= 1, 'preflight must make a real request');
        }),
    },
    {
      name: "emulator: preflight asks with the load's own client",
      run: () =>
        withEmulator(emulator, {}, async (running) => {
          let asked = 0;
          const openProbe = (): Probe => {
            const probe = subject.openProbe();
            const counting: Probe = async (request) => {
              const answer = await probe(request);
              asked += 1 + (answer.before ?? 0);
              return answer;
            };
            return Object.assign(counting, { close: async () => probe.close?.() });
          };
          await preflightOf({ ...subject, openProbe }, running);
          assert.equal(
            running.statistics().requests,
            asked,
            'preflight must make every request with context.request: another client finds other things than the load',
          );
        }),
    },
    {
      name: 'emulator: preflight with a wrong secret is refused, without showing it',
      run: () =>
        withEmulator(emulator, {}, async (running) => {
          const parsed = emulatedOptions(subject, running);
          const secrets = (subject.definition.environment?.(parsed) ?? []).filter(({ secret }) => secret);
          for (const { name } of secrets) {
            if (running.environment[name] === undefined) continue;
            const wrong = canary();
            const error = await rejection(preflightOf(subject, running, { [name]: wrong }), refusals);
            const text = `${error.message} ${error.hint}`;
            for (const value of [wrong, ...secrets.map((variable) => running.environment[variable.name])]) {
              assert(!value || !text.includes(value), `the error shows a secret of ${name}`);
            }
          }
        }),
    },
    {
      name: 'emulator: throttles when its queue is full, and preflight says so',
      run: () =>
        withEmulator(emulator, { concurrency: 1, queueLimit: 0, serviceTime: '30s' }, async (running) => {
          const stop = new AbortController();
          const attempts = [1, 2].map(() => preflightOf(subject, running, {}, stop.signal));
          const first = attempts.map((attempt) =>
            attempt.then(() => assert.fail('two requests at once do not fit into one slot')),
          );
          try {
            await rejection(Promise.race(first), ['PREFLIGHT_FAILED']);
          } finally {
            stop.abort();
            await Promise.allSettled(first);
          }
          assert(running.statistics().throttled >= 1, 'statistics must count what was throttled');
        }),
    },
    {
      name: 'emulator: stops for good, and preflight says that nothing answers',
      run: () =>
        withEmulator(emulator, {}, async (running) => {
          await running.stop();
          await running.stop();
          await rejection(preflightOf(subject, running), ['PREFLIGHT_FAILED']);
        }),
    },
  ];
}

async function withEmulator(
  definition: EmulatorDefinition,
  options: object,
  use: (emulator: Emulator) => Promise<void>,
): Promise<void> {
  const emulator = await definition.start(validOptions(definition.options, options));
  try {
    await use(emulator);
  } finally {
    await emulator.stop();
  }
}

function emulatedOptions({ definition, options }: TargetSubject, { targetOptions }: Emulator): unknown {
  return validOptions(definition.options, { ...(options as object), ...targetOptions });
}

async function preflightOf(
  subject: TargetSubject,
  emulator: Emulator,
  overrides: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<PreflightReport> {
  await subject.prepareProbe();
  const context = contextOf({ ...subject.environment, ...emulator.environment, ...overrides });
  const probe = subject.openProbe();
  try {
    return await runPreflight(subject.definition, emulatedOptions(subject, emulator), {
      ...context,
      ...(signal && { signal }),
      probe,
    });
  } finally {
    await probe.close?.();
  }
}
