/**
 * A server that knows how long each of its answers took: from when a request was read to when the answer was handed to
 * the kernel. It speaks just enough HTTP for that, because what it does besides is time that it cannot see. The times
 * are drawn from a log-normal distribution with the median BENCHMARK_MEDIAN_MS; 0: at once. With
 * BENCHMARK_CERTIFICATE and BENCHMARK_KEY it speaks TLS. SIGUSR2: it stalls for 2 s. SIGTERM: it writes these times, and
 * when each request came by its own clock, in milliseconds, to the file BENCHMARK_TIMES and ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const { BENCHMARK_MEDIAN_MS, BENCHMARK_CERTIFICATE, BENCHMARK_KEY, BENCHMARK_TIMES } = process.env;
const median = Number(BENCHMARK_MEDIAN_MS);
const stallMilliseconds = 2000;
const body = '{"predictions":[1]}';
const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
const answer = Buffer.from(head + body);
const times = [];
const arrivals = [];

// With it the 99.9th percentile is twelve times the median.
const sigma = 0.8;

/** Box and Muller, 1958. */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

function handle(socket) {
  let received = '';
  const finish = (began) => {
    if (socket.destroyed) return;
    socket.write(answer);
    times.push(performance.now() - began);
  };
  socket.setNoDelay();
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text) => {
    const began = performance.now();
    received += text;
    if (!isComplete(received)) return;
    received = '';
    arrivals.push(began);
    if (median > 0) setTimeout(finish, median * Math.exp(sigma * normal()), began);
    else finish(began);
  });
}

/** Whether a request has come as a whole. Clients send the next one only after the answer. */
function isComplete(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return text.length >= end + 4 + length;
}

const server = BENCHMARK_CERTIFICATE
  ? createTlsServer({ cert: readFileSync(BENCHMARK_CERTIFICATE), key: readFileSync(BENCHMARK_KEY) }, handle)
  : createPlainServer(handle);
server.on('tlsClientError', (_, socket) => socket.destroy());
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`port ${server.address().port}\n`);
});

process.on('SIGUSR2', () => {
  // Nothing at all is answered or accepted meanwhile, as with a server that collects its garbage.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMilliseconds);
});
process.on('SIGTERM', () => {
  writeFileSync(BENCHMARK_TIMES, JSON.stringify({ times, arrivals }));
  process.exit(0);
});
