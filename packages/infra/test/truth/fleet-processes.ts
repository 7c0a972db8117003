import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locust } from '../local/provision-request.js';

/** A Locust that notes the numbers of its processes, so that a test can stop one of them. */
export class TracedLocust {
  readonly #folder: string;
  /** The command. */
  readonly executable: string;

  constructor() {
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-truth-')));
    this.executable = join(this.#folder, 'locust');
    const note = `case "$*" in *--worker*) role=worker;; *--master*) role=master;; *) role=other;; esac`;
    const script = `#!/bin/sh\n${note}\n: > '${this.#folder}'/$role.$$\nexec '${locust}' "$@"\n`;
    writeFileSync(this.executable, script, { mode: 0o755 });
  }

  /** Process numbers, in the order in which they were given. */
  processes(role: 'master' | 'worker'): number[] {
    return readdirSync(this.#folder)
      .filter((name) => name.startsWith(`${role}.`))
      .map((name) => Number(name.slice(role.length + 1)))
      .sort((one, other) => one - other);
  }

  /** Sends a signal to the first process of a role, if it is still there. */
  signal(role: 'master' | 'worker', signal: NodeJS.Signals): void {
    const [first] = this.processes(role);
    try {
      process.kill(first!, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Lets stopped ones go on, so that they can end, and forgets all. */
  remove(): void {
    for (const role of ['master', 'worker'] as const) {
      for (const pid of this.processes(role)) {
        try {
          process.kill(pid, 'SIGCONT');
        } catch {
          // It has ended, as it should.
        }
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
