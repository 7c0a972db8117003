import { isCancel, select, text } from '@clack/prompts';
import { LoadwrightError } from '@loadwright/core';
import { builtInTargets } from '../config/built-in-targets.js';
import type { CliIo } from '../shell/io.js';
import { rawStream } from '../output/safe-stream.js';
import { configFormats, type ConfigFormat } from './config-file.js';

/** What is tested. */
export async function askTarget(io: CliIo): Promise<string> {
  return answered(
    await select({
      message: 'What do you want to test?',
      options: Object.keys(builtInTargets).map((kind) => ({ value: kind, label: kind })),
      ...streams(io),
    }),
  );
}

/** The kind of file. */
export async function askFormat(io: CliIo): Promise<ConfigFormat> {
  return answered(
    await select<ConfigFormat>({
      message: 'Which kind of configuration file?',
      options: configFormats.map((value) => ({ value, label: value })),
      ...streams(io),
    }),
  );
}

/** A text for every option; the example's is offered. */
export async function askOptions(
  options: readonly { readonly name: string; readonly description: string }[],
  example: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const { name, description } of options) {
    const offered = example[name];
    answers[name] = answered(
      await text({
        message: description === '' ? name : `${name}: ${description}`,
        ...(typeof offered === 'string' && { initialValue: offered }),
        validate: (value) => (value ? undefined : `${name} is needed`),
        ...streams(io),
      }),
    );
  }
  return answers;
}

function streams({ stdin, stdout }: CliIo) {
  return { input: stdin, output: rawStream(stdout) };
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (isCancel(answer)) throw new LoadwrightError('ABORTED', 'stopped; nothing was written');
  return answer as Exclude<Answer, symbol>;
}
