import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isLoadwrightError, type LoadwrightError } from '../errors.js';
import type { TargetContext } from '../target/contract.js';
import type { ConformanceCheck } from './conformance.js';
import { issuesOf, jsonSchemaOf, secretProperties, validOptions, withValueAt } from './json-schema.js';
import type { TargetSubject } from './target-subject.js';

/** A made-up secret that occurs nowhere else. */
export function canary(): string {
  return `CANARY${randomBytes(12).toString('hex').toUpperCase()}`;
}

/** A context for calls of a target. */
export function contextOf(environment: TargetContext['environment']): TargetContext {
  return { environment, baseDirectory: process.cwd(), signal: AbortSignal.timeout(180_000) };
}

/** Fails unless a promise rejects with a {@link LoadwrightError} of one of the codes, with a hint. */
export async function rejection(
  promise: Promise<unknown>,
  codes: readonly LoadwrightError['code'][],
): Promise<LoadwrightError> {
  const error: unknown = await promise.then(
    () => assert.fail(`must be refused with ${codes.join(' or ')}, but succeeded`),
    (reason: unknown) => reason,
  );
  if (error instanceof assert.AssertionError) throw error;
  assert(isLoadwrightError(error), `must throw a LoadwrightError, threw ${String(error)}`);
  assert(
    codes.includes(error.code),
    `code must be ${codes.join(' or ')}, is ${error.code}: ${error.message}`,
  );
  assert(error.hint, `the error needs a hint: ${error.message}`);
  return error;
}

/** Secrets stay out of everything that is written, and a missing one is named. */
export function targetSecretChecks(subject: TargetSubject): ConformanceCheck[] {
  const { definition } = subject;
  return [
    {
      name: 'keeps secret options and variables out of what is written',
      run: async () => {
        const secret = canary();
        for (const options of [subject.options, ...optionsWithSecrets(subject, secret)]) {
          const parsed = validOptions(definition.options, options);
          const names = (definition.environment?.(parsed) ?? []).map(({ name }) => name);
          const written = withProcessVariables(names, secret, () =>
            JSON.stringify([
              definition.targetConfig(parsed),
              definition.host(parsed),
              definition.labels?.(parsed),
              definition.iamStatements?.(parsed),
              definition.environment?.(parsed),
              definition.payloads?.(parsed),
            ]),
          );
          assert(!written.includes(secret), 'a secret reached what is written to files');
        }
      },
    },
    {
      name: 'names the required variable that is missing',
      run: async () => {
        const parsed = validOptions(definition.options, subject.options);
        const variables = definition.environment?.(parsed) ?? [];
        const filled = { ...subject.environment };
        const secret = canary();
        for (const { name } of variables) filled[name] ??= secret;
        for (const { name, required } of variables) {
          if (!required) continue;
          const context = contextOf({ ...filled, [name]: undefined });
          const error = await rejection(definition.resolveEnvironment!(parsed, context), [
            'CREDENTIALS_INVALID',
          ]);
          const text = `${error.message} ${error.hint}`;
          assert(text.includes(name), `the error must name ${name}: ${text}`);
          assert(!text.includes(secret), 'the error must not hold a secret');
        }
      },
    },
    {
      name: 'marks as secret what the options mark as secret',
      run: async () => {
        const secret = canary();
        for (const options of optionsWithSecrets(subject, secret)) {
          const parsed = validOptions(definition.options, options);
          const open = (definition.environment?.(parsed) ?? []).filter((variable) => !variable.secret);
          const context = contextOf(subject.environment);
          const resolved = await definition.resolveEnvironment?.(parsed, context).catch(() => undefined);
          for (const { name } of open) {
            assert.notEqual(
              resolved?.variables[name],
              secret,
              `${name} carries a secret but is not marked so`,
            );
          }
        }
      },
    },
  ];
}

/** The options once for each secret property, with a made-up secret in it. */
function optionsWithSecrets(subject: TargetSubject, secret: string): unknown[] {
  const made = [...(subject.optionsWithSecret?.(secret) ?? [])];
  const schema = subject.definition.options;
  for (const { path, siblings } of secretProperties(jsonSchemaOf(schema))) {
    if (made.some((options) => holdsAt(options, path, secret))) continue;
    const alone = withValueAt(subject.options, path, secret);
    const neighbours = siblings.reduce(
      (options, sibling) => withValueAt(options, [...path.slice(0, -1), sibling], secret),
      alone,
    );
    const accepted = [alone, neighbours].find((options) => issuesOf(schema, options).length === 0);
    assert(
      accepted !== undefined,
      `option ${path.join('.')} takes no made-up secret by itself (${issuesOf(schema, alone).join('; ')}): ` +
        'give optionsWithSecret',
    );
    made.push(accepted);
  }
  return made;
}

function holdsAt(options: unknown, path: readonly string[], secret: string): boolean {
  let value = options;
  for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
  return value === secret;
}

/** Runs something while variables of this process hold a value: no function of the options may read them. */
function withProcessVariables<Result>(names: readonly string[], value: string, run: () => Result): Result {
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = value;
  try {
    return run();
  } finally {
    for (const [name, old] of before) {
      if (old === undefined) delete process.env[name];
      else process.env[name] = old;
    }
  }
}
