#!/usr/bin/env node
import { main } from './main.js';
import { processIo } from './process-io.js';

const io = processIo();
const exitCode = await main(process.argv.slice(2), io);
// After a second Ctrl-C work is still going on, so the process has to be ended; but not before its output is out.
await Promise.all(
  [io.stdout, io.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
);
process.exit(exitCode);
