import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The command lines of living processes that hold a text. */
export function processesWith(text: string): string[] {
  return execFileSync('ps', ['-eww', '-o', 'stat=,args='], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
    .split('\n')
    .filter((line) => line.includes(text) && !line.startsWith('Z'));
}

/** A living process, as the system shows it. */
export interface ProcessView {
  readonly pid: number;
  readonly commandLine: string;
  readonly environment: string;
}

/** The living processes whose working directory is this one. */
export function processesIn(directory: string): ProcessView[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return [];
        const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', '\n');
        const commandLine = read('cmdline');
        if (commandLine === '') return []; // It has given its memory back: it is ending.
        return [{ pid: Number(pid), commandLine, environment: read('environ') }];
      } catch {
        // It ended while it was looked at, or is another user's.
        return [];
      }
    });
}

/** Asks until the answer is true; the test's own time limit bounds it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(25);
}
