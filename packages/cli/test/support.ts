import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { main, type CliIo, type StopSignal } from '../src/main.js';
import { locust } from './command.js';

/** So that nothing is installed for a test. */
const development = locust === undefined ? {} : { LOADWRIGHT_LOCUST: locust };

/** Keeps what is written to it, and emits `written`. */
export class MemoryStream extends Writable {
  text = '';
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
  ) {
    super();
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.emit('written');
    done();
  }
}

/** A world for the command, made for one test. */
export class TestIo implements CliIo {
  readonly cwd: string;
  readonly environment: Record<string, string | undefined>;
  readonly stdin: Readable & { isTTY?: boolean } = Readable.from([]);
  readonly stdout: MemoryStream;
  readonly stderr: MemoryStream;
  readonly opened: string[] = [];
  #listeners: readonly ((signal: StopSignal) => void)[] = [];

  constructor({
    cwd = mkdtempSync(join(tmpdir(), 'loadwright-cli-')),
    environment = {},
    terminal = false,
    columns = 80,
  }: { cwd?: string; environment?: Record<string, string>; terminal?: boolean; columns?: number } = {}) {
    this.cwd = cwd;
    const { PATH, HOME } = process.env;
    // Journals of whoever runs the tests are no part of them.
    this.environment = {
      PATH,
      HOME,
      LOADWRIGHT_STATE_DIR: join(cwd, 'state'),
      ...development,
      ...environment,
    };
    this.stdout = new MemoryStream(terminal, columns);
    this.stderr = new MemoryStream(terminal, columns);
  }

  now(): number {
    return Date.now();
  }

  onSignal(listener: (signal: StopSignal) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  signal(signal: StopSignal): void {
    this.#listeners.at(-1)?.(signal);
  }

  async openFile(path: string): Promise<void> {
    this.opened.push(path);
  }
}

/** Runs the command in this process. */
export async function run(
  argv: readonly string[],
  io = new TestIo(),
): Promise<{ exitCode: number; stdout: string; stderr: string; io: TestIo }> {
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout.text, stderr: io.stderr.text, io };
}
