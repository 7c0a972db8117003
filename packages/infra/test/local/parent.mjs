// Makes a local fleet from a request on its command line, says so, and then ends as it is told, or waits.
import { localFleet } from '@loadwright/infra/local';

const { locust, request, end } = JSON.parse(process.argv[2]);
await localFleet({ locust }).provision({
  ...request,
  redact: (text) => text,
  signal: new AbortController().signal,
  onProgress: (message) => console.log(message),
});
console.log('provisioned');
if (end === 'exit') process.exit(0);
if (end === 'crash') throw new Error('a crash of the parent');
