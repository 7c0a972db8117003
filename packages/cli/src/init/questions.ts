import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isCancel, select, text } from '@clack/prompts';
import { LoadwrightError, parseDuration } from '@loadwright/core';
import { builtInTargets } from '../config/built-in-targets.js';
import type { CliIo } from '../shell/io.js';
import { rawStream } from '../output/safe-stream.js';
import { firstLoad } from './config-file.js';

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

/** Whether the address of the real service is given now. */
export async function askWhere(kind: string, io: CliIo): Promise<'emulator' | 'service'> {
  return answered(
    await select({
      message: 'Where is it?',
      options: [
        {
          value: 'emulator',
          label: `on this machine, for now: a stand-in for ${kind} that comes with Loadwright`,
        },
        { value: 'service', label: 'a service that is there: I give its address' },
      ],
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

/** Where request bodies come from: the example's for now, or a file. @returns the option, or nothing for the example's. */
export async function askPayloads(io: CliIo): Promise<{ payloads?: string }> {
  const from = answered(
    await select({
      message: 'Where do the request bodies come from?',
      options: [
        { value: 'example', label: 'two examples, to be replaced in the file' },
        { value: 'file', label: 'a file or folder: JSON, JSONL, CSV, or one file a request' },
      ],
      ...streams(io),
    }),
  );
  if (from === 'example') return {};
  const payloads = answered(
    await text({
      message: 'Which file or folder?',
      placeholder: 'payloads.jsonl',
      validate: (value) => {
        if (!value) return 'a path is needed';
        return existsSync(resolve(io.cwd, value)) ? undefined : `${value}: there is no such file or folder`;
      },
      ...streams(io),
    }),
  );
  return { payloads };
}

/** How much load, and for how long. */
export async function askLoad(io: CliIo): Promise<Readonly<Record<string, unknown>>> {
  const model = answered(
    await select({
      message: 'How much load?',
      options: [
        {
          value: 'first',
          label: '20 users for a minute, each of whom waits for an answer before the next request',
        },
        { value: 'users', label: 'another number of users' },
        { value: 'rate', label: 'a rate of requests, whether earlier ones were answered or not' },
      ],
      ...streams(io),
    }),
  );
  if (model === 'first') return firstLoad;
  const number = async (message: string, initialValue: string) =>
    Number(
      answered(
        await text({
          message,
          initialValue,
          validate: (value) =>
            /^[1-9]\d{0,6}$/.test(value ?? '') ? undefined : 'a whole number above 0 is needed',
          ...streams(io),
        }),
      ),
    );
  const amount =
    model === 'users'
      ? { users: await number('How many users?', '20') }
      : { arrivalRate: `${await number('How many requests a second?', '50')}/s` };
  const duration = answered(
    await text({
      message: 'For how long?',
      initialValue: '1m',
      validate: (value) =>
        parseDuration(value ?? '') ? undefined : 'a duration is needed, such as 30s or 5m',
      ...streams(io),
    }),
  );
  return { ...amount, duration, ...('users' in amount && { waitTime: { min: '50ms', max: '150ms' } }) };
}

function streams({ stdin, stdout }: CliIo) {
  return { input: stdin, output: rawStream(stdout) };
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (isCancel(answer)) throw new LoadwrightError('ABORTED', 'stopped; nothing was written');
  return answer as Exclude<Answer, symbol>;
}
