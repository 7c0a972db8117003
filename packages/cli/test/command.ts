import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command, as a file. */
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const commands = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url));
const developmentLocust = fileURLToPath(new URL('../../../.venv/bin/locust', import.meta.url));

/** The Locust of the development environment where there is one; otherwise the managed one, which is then installed. */
export const locust =
  process.env['LOADWRIGHT_TEST_LOCUST'] ?? (existsSync(developmentLocust) ? developmentLocust : undefined);

/** The built command in a process of its own. */
export class Command {
  readonly cwd: string;
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** The exit code, when the process has ended and its output is complete. */
  readonly ended: Promise<number | null>;

  constructor(
    argv: readonly string[],
    {
      cwd = mkdtempSync(join(tmpdir(), 'loadwright-command-')),
      environment = {},
    }: { cwd?: string; environment?: Record<string, string> } = {},
  ) {
    this.cwd = cwd;
    const { HOME } = process.env;
    // A shell finds it by its name, so that this is how it prints itself.
    const PATH = [commands, process.env['PATH']].join(delimiter);
    this.child = spawn(process.execPath, [bin, ...argv], {
      cwd,
      env: { PATH, HOME, ...(locust !== undefined && { LOADWRIGHT_LOCUST: locust }), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Waits for a text on stdout. */
  async shows(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (this.stdout.includes(text)) resolve();
      };
      this.child.stdout?.on('data', look);
      void this.ended.then(() => reject(new Error(`ended without "${text}":\n${this.stdout}${this.stderr}`)));
      look();
    });
  }
}

/** Command lines of the processes that work in a folder or name it, other than this one. */
export function processesIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id) && Number(id) !== process.pid)
    .flatMap((id) => {
      try {
        const line = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
        if (line === '') return []; // It has given its memory back: it is ending.
        return readlinkSync(`/proc/${id}/cwd`).startsWith(folder) || line.includes(folder) ? [line] : [];
      } catch {
        return []; // It has ended in the meantime, or belongs to somebody else.
      }
    });
}
