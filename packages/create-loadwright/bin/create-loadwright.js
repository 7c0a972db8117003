#!/usr/bin/env node
import { main } from '../dist/main.js';

process.exitCode = main(process.argv.slice(2), {
  cwd: process.cwd(),
  environment: process.env,
  isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
  say: (line) => process.stderr.write(`${line}\n`),
});
