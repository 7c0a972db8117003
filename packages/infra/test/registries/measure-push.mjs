/**
 * Pushes a folder with one file in a process of its own, and prints what it took as JSON: milliseconds, and the most memory
 * that the process had at any time, in bytes.
 */
import { readFileSync } from 'node:fs';
import { pushImage } from '@loadwright/infra/image';

const [directory, bytes, to, base] = process.argv.slice(2);
const began = performance.now();
const { digest, sent } = await pushImage({
  bundle: { directory, files: [{ path: 'payloads.jsonl', bytes: Number(bytes), sha256: '' }], digest: '' },
  to,
  base,
});
const milliseconds = performance.now() - began;
const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
process.stdout.write(JSON.stringify({ digest, sent, milliseconds, peakBytes: Number(kibibytes) * 1024 }));
