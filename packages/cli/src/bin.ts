#!/usr/bin/env node
import { main } from './main.js';
import { processIo } from './shell/process-io.js';

// The AWS SDK warns of Node.js 20 on stderr. Loadwright pins an SDK that runs on it, so the warning asks nothing of users.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const io = processIo();
const exitCode = await main(process.argv.slice(2), io);
// After a second Ctrl-C work is still going on, so the process has to be ended; but not before its output is out.
await Promise.all(
  [io.stdout, io.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
);
process.exit(exitCode);
