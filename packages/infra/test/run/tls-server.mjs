/** An HTTPS server in a process of its own, so that a signal can stop it: answers everybody at once. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const server = createServer({ key, cert }, (_request, response) => response.end('{"ok":true}'));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
// Ends with the test, however that ends.
process.stdin.on('end', () => process.exit()).resume();
