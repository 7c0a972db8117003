#!/usr/bin/env node
// No part of `dist`: npm links the command of a clone when it installs, which is before anything is built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/bin.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write(
    'error: Loadwright is not built yet.\nhint: build it in the folder of its repository: npm run build\n',
  );
  process.exitCode = 1;
}
