import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { main } from '@loadwright/cli';
import { execa } from 'execa';
import ts from 'typescript';
import { expect, onTestFinished } from 'vitest';
import { command, root } from './documents.js';

export const examples = join(root, 'docs/examples');
const cache = join(root, 'docs/.cache/projects');

/** A folder for a user's project, with the given examples in it. It goes with the test. */
export function project(...files: string[]): string {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'project-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  for (const file of files) cpSync(join(examples, file), join(folder, file));
  return folder;
}

/** The command in a folder. */
export const loadwright = (cwd: string, ...args: string[]) =>
  execa(process.execPath, [command, ...args], { cwd });

/**
 * The command as it was built, without a process of its own: dozens of these would take most of a minute.
 *
 * @param environment variables, all of them
 */
export async function outcomeInThisProcess(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof printed) =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        printed[name] += chunk.toString();
        done();
      },
    });
  const exitCode = await main(args, {
    cwd,
    environment,
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    now: Date.now,
    onSignal: () => () => {},
    openFile: async () => {},
  });
  return { exitCode, ...printed };
}

/**
 * As {@link outcomeInThisProcess}.
 *
 * @param environment variables beside those of this process
 * @returns what it prints; fails unless it ends with 0
 */
export async function inThisProcess(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const outcome = await outcomeInThisProcess(cwd, args, { ...process.env, ...environment });
  expect(outcome).toEqual({ ...outcome, exitCode: 0 });
  return outcome.stdout;
}

/** Makes JavaScript of each TypeScript file of a folder. That it type-checks is a check of its own. */
export function transpile(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const name of readdirSync(from).filter((file) => file.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(from, name), 'utf8'), { compilerOptions });
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), outputText);
  }
}

/** An emulator in a process of its own, as a user starts it. */
export async function withEmulator<Result>(
  args: readonly string[],
  work: (emulator: { url: string; environment: Record<string, string> }) => Promise<Result>,
): Promise<Result> {
  const emulator = execa(process.execPath, [command, 'emulate', ...args, '--json'], { buffer: false });
  try {
    for await (const line of createInterface(emulator.stdout)) return await work(JSON.parse(line));
    throw new Error('the emulator said nothing');
  } finally {
    emulator.kill('SIGINT');
    await emulator;
  }
}
