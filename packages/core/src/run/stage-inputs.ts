import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { LoadwrightError } from '../errors.js';
import type { StagedInput, StagedInputs } from '../target/staging-contract.js';
import type { Phases } from './phases.js';
import type { PreparedTest } from './prepare.js';

/** Beyond the load: to start workers, to end requests, and to collect. In seconds. */
const aroundLoadSeconds = 3600;

/**
 * Puts the payloads of a bundle where the service fetches them, if the target has such a place.
 *
 * @throws LoadwrightError as the target's `stageInputs`; nothing of it is left then.
 */
export async function stageInputs(
  test: PreparedTest,
  bundleDirectory: string,
  runId: string,
  phases: Phases,
): Promise<StagedInputs | undefined> {
  const { definition, targetOptions, environment, baseDirectory, durationSeconds } = test;
  const staged = await definition.stageInputs?.(targetOptions, {
    ...{ environment, baseDirectory, runId, signal: phases.signal },
    inputs: () => readInputs(join(bundleDirectory, 'payloads.jsonl')),
    until: new Date(Date.now() + (durationSeconds + aroundLoadSeconds) * 1000),
  });
  if (staged) phases.inform(staged.summary);
  return staged;
}

/**
 * Removes them, whatever became of the run.
 *
 * @throws LoadwrightError `RESOURCES_REMAIN`
 */
export async function removeInputs(staged: StagedInputs | undefined, phases: Phases): Promise<void> {
  if (!staged) return;
  const remaining = await staged.remove();
  if (remaining.length > 0) {
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `Not all inputs could be removed:\n${remaining.join('\n')}`,
      {
        hint: 'Fix the cause (for example a missing permission), then remove them by hand, or run the test once more: it removes them at its end.',
      },
    );
  }
  phases.inform('The inputs of the run were removed, verified.');
}

async function* readInputs(file: string): AsyncGenerator<StagedInput> {
  let row = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    // Not by readline, for which a line ends at characters that JSON may hold.
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) yield inputOf(line, ++row);
  }
  if (rest !== '') yield inputOf(rest, ++row);
}

/** As `Payload` of `source/payloads.py` encodes a line: JSON with every digit of its text. */
function inputOf(line: string, row: number): StagedInput {
  const { text, base64, contentType } = JSON.parse(line) as Readonly<Record<string, string>>;
  const content =
    text === undefined && base64 === undefined
      ? Buffer.from(jsonTextOf(line, contentType))
      : Buffer.from(text ?? base64!, text === undefined ? 'base64' : 'utf8');
  return { row, content, contentType };
}

function jsonTextOf(line: string, contentType: string | undefined): string {
  const after = contentType === undefined ? '}' : `,"contentType":${JSON.stringify(contentType)}}`;
  return line.slice('{"json":'.length, -after.length).trim();
}
