import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run, TestIo } from './support.js';

/** Imports this content in a folder of its own, and reads what was written. */
export async function imported(kind: string, content: string, ...more: string[]) {
  const io = new TestIo();
  await writeFile(join(io.cwd, 'source'), content);
  const result = await run(['import', kind, 'source', ...more], io);
  const files = await readdir(io.cwd);
  const read = (name: string) => readFile(join(io.cwd, name), 'utf8');
  const text = files.includes('loadwright.config.yaml') ? await read('loadwright.config.yaml') : '';
  return { ...result, io, read, text, files, target: (parse(text) as { target: Target } | null)?.target };
}

interface Target {
  readonly [name: string]: unknown;
  readonly routes: readonly Record<string, unknown>[];
}
