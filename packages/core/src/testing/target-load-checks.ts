import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { ConformanceCheck } from './conformance.js';
import {
  mostNames,
  observeLoad,
  type Measured,
  type ObservedLoad,
  type Observation,
} from './observed-load.js';
import type { TargetLoad, TargetSubject } from './target-subject.js';
import type { WireRequest } from './wire-tap.js';

/** Four users on one slot without a queue: of four requests at once three are refused. */
const overload: ObservedLoad = {
  users: 4,
  hasPreflights: false,
  emulator: { concurrency: 1, queueLimit: 0, serviceTime: '50ms' },
};

/**
 * Short loads by the target's own Python code, through the load's client: what the other checks say of options and preflight is
 * worth nothing if the load sends something else. None when the target has no emulator.
 */
export function targetLoadChecks(subject: TargetSubject): ConformanceCheck[] {
  if (subject.definition.emulator === undefined) return [];
  const refused = once(() => observeLoad(subject, overload));
  return [
    ...checksOf(subject, 'load', {}),
    {
      name: 'load: counts what the emulator refuses as failures',
      run: async () => {
        const { counted, measured } = await refused();
        const { failed, succeeded } = sums(measured);
        assert(counted.throttled > 0, 'four users on one slot must be throttled');
        assert.equal(
          failed,
          counted.throttled + counted.rejected,
          `failures of the load: ${failureTexts(measured)}`,
        );
        assert(succeeded > 0, 'what the emulator serves must succeed');
      },
    },
    ...Object.entries(subject.loads).flatMap(([name, load]) => checksOf(subject, `load, ${name}`, load)),
  ];
}

function checksOf(subject: TargetSubject, title: string, load: TargetLoad): ConformanceCheck[] {
  const observed = once(() => observeLoad(subject, load));
  const check = (name: string, run: (seen: Observation) => void): ConformanceCheck => ({
    name: `${title}: ${name}`,
    run: async () => run(await observed()),
  });
  return [
    check('every request of every payload succeeds', ({ measured, payloads }) => {
      const { failed, sent } = sums(measured);
      assert.equal(failed, 0, `failures of the load: ${failureTexts(measured)}`);
      assert(sent > 0, 'the load sent nothing');
      assert(
        sent >= payloads,
        `the load sent ${sent} requests for ${payloads} payloads: give it a longer duration`,
      );
    }),
    check('its counts are those of the emulator', ({ counted, measured, wire }) => {
      const { failed, sent, succeeded } = sums(measured);
      assert.equal(succeeded + failed, sent, 'each request ends once');
      // Calls for tokens are no requests of the load, but an emulator may count them.
      const isEqual =
        counted.requests === sent || counted.served + counted.throttled + counted.rejected === sent;
      assert(isEqual, `the load counted ${sent} requests, the emulator ${JSON.stringify(counted)}`);
      assert(
        wire.length === 0 || wire.length >= sent,
        `the load counted ${sent} requests, but ${wire.length} went to the host`,
      );
    }),
    check('sends what the preflight sends, byte for byte', ({ preflights, wire }) => {
      for (const problem of differences(preflights, wire)) assert.fail(problem);
    }),
    check('measures what the definition declares', ({ measured }) => {
      const { metrics = {} } = subject.definition;
      for (const [name, { kind, unit }] of Object.entries(measured.metrics)) {
        const declared = metrics[name];
        if (declared === undefined) continue;
        assert.deepEqual({ kind, unit }, { kind: declared.kind, unit: declared.unit }, `metric ${name}`);
      }
      for (const name of load.metrics ?? []) {
        assert(
          metrics[name],
          `metric ${name} is not declared in the definition: no threshold can ask for it`,
        );
        assert(measured.metrics[name]?.recorded, `metric ${name} was not recorded by the load`);
      }
    }),
    check(
      'names its requests by few fixed names, and makes each by its name',
      ({ known, measured, named }) => {
        const names = measured.requests.map(({ name }) => name);
        assert(names.length <= mostNames, `${names.length} names: they must not vary with the payload`);
        for (const [name, { request }] of Object.entries(named)) {
          assert.equal(request?.name, name, `request_named("${name}") must make a request of this name`);
        }
        for (const name of names)
          assert(known?.includes(name) !== false, `requestNames of the definition leaves out ${name}`);
        for (const name of load.names ?? [])
          assert(names.includes(name), `no request of the load is named ${name}`);
      },
    ),
    check('shows no secret in what it prints', ({ output, secrets }) => {
      for (const secret of secrets) assert(!output.includes(secret), 'the output of the load shows a secret');
    }),
  ];
}

function sums({ requests }: Measured) {
  const sum = (key: 'sent' | 'succeeded' | 'failed') => requests.reduce((total, row) => total + row[key], 0);
  return { sent: sum('sent'), succeeded: sum('succeeded'), failed: sum('failed') };
}

function failureTexts({ errors }: Measured): string {
  return errors.map(({ count, kind, name, reason }) => `${count} × ${name}: ${reason} (${kind})`).join('; ');
}

/** One run for all the checks that look at it. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => (made ??= make());
}

/**
 * In what no request of the load is like those of the preflights. What differs between the two preflights (a signature with its
 * time, a generated value) is made anew for each request; all else must be the same.
 */
function differences(preflights: readonly WireRequest[], load: readonly WireRequest[]): string[] {
  const [first, second] = preflights.filter((_, index) => index === 0 || index === preflights.length / 2);
  if (first === undefined || second === undefined || load.length === 0) return [];
  const fixed = (Object.keys(partsOf(first)) as (keyof Parts)[]).filter((part) =>
    isDeepStrictEqual(partsOf(first)[part], partsOf(second)[part]),
  );
  const wrong = load.map((request) => {
    const own = partsOf(request);
    return fixed.filter((part) => !isDeepStrictEqual(own[part], partsOf(first)[part]));
  });
  const nearest = wrong.reduce((best, parts) => (parts.length < best.length ? parts : best));
  return nearest.map((part) => {
    const sent = JSON.stringify(partsOf(load[wrong.indexOf(nearest)]!)[part]);
    return `${part}: the preflight sent ${JSON.stringify(partsOf(first)[part])}, the load ${sent}`;
  });
}

type Parts = Record<string, string | readonly string[]>;

function partsOf({ body, headers, line }: WireRequest): Parts {
  return {
    'request line': timeless(line),
    'names of headers': headers.map(([name]) => name),
    body: timeless(body.toString('latin1')),
    ...Object.fromEntries(
      headers
        // It says no more than the body does.
        .filter(([name]) => !/^content-length$/i.test(name))
        .map(([name, value]) => [`header ${name}`, redactedUnless(name, value)]),
    ),
  };
}

/** Without the times of this century in what is written: two preflights may be of the same second, and the load is not. */
function timeless(text: string): string {
  return text.replace(
    /\b20\d{6}T\d{6}Z|\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*|\d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT|\b[12]\d{9}(\d{3})?\b/g,
    '(a time)',
  );
}

/** Differences are shown; credentials are compared, but only by their scheme and length. */
function redactedUnless(name: string, value: string): string {
  if (!/auth|token|key|secret|signature|cookie/i.test(name)) return timeless(value);
  return `${value.split(' ').length > 1 ? value.split(' ')[0] : ''} (${value.length} characters)`;
}
