import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const program = fileURLToPath(new URL('./fake-aws.mjs', import.meta.url));

/** What the service says of a machine whose agent has not reported yet. */
export const notConnected =
  'An error occurred (TargetNotConnected) when calling the StartSession operation: i-1 is not connected.';

/** One call of the command. */
interface FakeCall {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A command `aws` of the test's own, in a folder that `environment` puts first on PATH. */
export class FakeAws {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fake-aws-'));

  /** @param atEnd Told what to call when it is no longer used. Default: the end of the test. */
  constructor(
    refusals: readonly string[] = [],
    atEnd: (remove: () => void) => void = (remove) => onTestFinished(remove),
  ) {
    atEnd(() => rmSync(this.#folder, { recursive: true }));
    mkdirSync(join(this.#folder, 'bin'));
    const command = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
    writeFileSync(join(this.#folder, 'bin', 'aws'), command, { mode: 0o755 });
    writeFileSync(join(this.#folder, 'bin', 'session-manager-plugin'), '#!/bin/sh\n', { mode: 0o755 });
    this.#plan({ refusals });
  }

  get environment(): Record<string, string> {
    const path = [join(this.#folder, 'bin'), process.env['PATH']].join(delimiter);
    return { PATH: path, FAKE_AWS: this.#folder };
  }

  /** Sessions lead there from now on. */
  leadsTo(host: string, port: number): void {
    this.#plan({ ui: { host, port } });
  }

  get calls(): FakeCall[] {
    const file = join(this.#folder, 'calls.jsonl');
    if (!existsSync(file)) return [];
    // The last one may be half written.
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as FakeCall);
  }

  /** The process that holds the port. */
  get plugin(): number {
    return Number(readFileSync(join(this.#folder, 'plugin.pid'), 'utf8'));
  }

  /** Whether that process lives. */
  get isOpen(): boolean {
    return isAlive(this.plugin);
  }

  #plan(changes: object): void {
    const file = join(this.#folder, 'plan.json');
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
    writeFileSync(file, JSON.stringify({ ...before, ...changes }));
  }
}

/** Whether a process lives. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
