import assert from 'node:assert/strict';
import { observationOf } from '../observe/observation-of.js';
import type { ConformanceCheck } from './conformance.js';
import { validOptions } from './json-schema.js';
import { contextOf } from './target-secret-checks.js';
import type { TargetSubject } from './target-subject.js';

/** Words that actions begin with which change nothing. */
const reading = /^[a-z0-9-]+:(?:Describe|Get|List|BatchGet|Search)[A-Za-z0-9]*$/;

/** What a target reads of its service during a run. None when it has no observation of its own. */
export function targetObservationChecks(subject: TargetSubject): ConformanceCheck[] {
  const { definition, options, environment } = subject;
  const { observation, emulator } = definition;
  if (!observation) return [];
  return [
    {
      name: 'observation: describes its figures, and asks for permissions to read alone',
      run: async () => {
        for (const [name, { unit, description, full }] of Object.entries(observation.figures)) {
          assert.equal(typeof unit, 'string', `figure ${name} needs a unit, or an empty text`);
          assert.match(description ?? '', /^\S.+$/, `figure ${name} needs a description of one line`);
          assert(full === undefined || full > 0, `figure ${name}: full is the value at which it is used up`);
        }
        const statements = observation.iamStatements?.(validOptions(definition.options, options)) ?? [];
        for (const action of statements.flatMap(({ Action }) => Action)) {
          assert.match(action, reading, `an observation may only read: ${action}`);
        }
      },
    },
    ...(emulator
      ? [
          {
            name: 'observation: reads from the emulator what it says it reads',
            run: async () => {
              const running = await emulator.start(
                validOptions(emulator.options, subject.observedEmulator ?? {}),
              );
              try {
                const parsed = validOptions(definition.options, {
                  ...(options as object),
                  ...running.targetOptions,
                });
                const context = contextOf({ ...environment, ...running.environment });
                const since = Date.now() - 60_000;
                const read = await observationOf(definition)!.read(parsed, { ...context, since });
                assert.deepEqual(read.problems ?? [], [], 'everything must be readable of the emulator');
                assert(read.points.length > 0, 'a reading of the emulator must hold values');
                for (const { figure, at, seconds, value } of read.points) {
                  assert(
                    Object.hasOwn(observation.figures, figure),
                    `a figure that is not declared: ${figure}`,
                  );
                  assert(
                    Number.isFinite(value) && seconds > 0,
                    `figure ${figure} needs a value and a length`,
                  );
                  assert(
                    at > since - 3_600_000 && at <= Date.now() + 60_000,
                    `figure ${figure}: at is in milliseconds since 1970`,
                  );
                }
              } finally {
                await running.stop();
              }
            },
          },
        ]
      : []),
  ];
}
