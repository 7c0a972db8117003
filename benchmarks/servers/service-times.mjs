/**
 * A server that knows how long each of its answers took: from when a request was read to when the answer was handed to
 * the kernel. The times are drawn from a log-normal distribution with the median BENCHMARK_MEDIAN_MS; 0: at once. With
 * BENCHMARK_CERTIFICATE and BENCHMARK_KEY it speaks TLS. SIGUSR2: it stalls for 2 s. SIGTERM: it writes its times, in
 * milliseconds, to the file BENCHMARK_TIMES and ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const { BENCHMARK_MEDIAN_MS, BENCHMARK_CERTIFICATE, BENCHMARK_KEY, BENCHMARK_TIMES } = process.env;
const median = Number(BENCHMARK_MEDIAN_MS);
const stallMilliseconds = 2000;
const answer = '{"predictions":[1]}';
const times = [];

// With it the 99.9th percentile is twelve times the median.
const sigma = 0.8;

/** Box and Muller, 1958. */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

function handle(request, response) {
  const began = performance.now();
  const finish = () => {
    if (request.socket.destroyed) return;
    response.end(answer);
    times.push(performance.now() - began);
  };
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
  if (median > 0) setTimeout(finish, median * Math.exp(sigma * normal()));
  else finish();
}

const server = BENCHMARK_CERTIFICATE
  ? createTlsServer({ cert: readFileSync(BENCHMARK_CERTIFICATE), key: readFileSync(BENCHMARK_KEY) }, handle)
  : createPlainServer(handle);
server.keepAliveTimeout = 0;
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`port ${server.address().port}\n`);
});

process.on('SIGUSR2', () => {
  // Nothing at all is answered or accepted meanwhile, as with a server that collects its garbage.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMilliseconds);
});
process.on('SIGTERM', () => {
  writeFileSync(BENCHMARK_TIMES, JSON.stringify(times));
  process.exit(0);
});
