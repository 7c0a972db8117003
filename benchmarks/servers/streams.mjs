/**
 * A server that streams the events of a chat and knows when it sent each of them: to a request it answers with BENCHMARK_EVENTS
 * tokens, one every BENCHMARK_PAUSE_MS, the first of them after half to one and a half such pauses. SIGTERM: it writes the times
 * from a request to its first token, and from each token to the next, in milliseconds, to the file BENCHMARK_TIMES and ends.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const { BENCHMARK_EVENTS, BENCHMARK_PAUSE_MS, BENCHMARK_TIMES } = process.env;
const events = Number(BENCHMARK_EVENTS);
const pause = Number(BENCHMARK_PAUSE_MS);
const firsts = [];
const gaps = [];
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const event = (data) => `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...data })}\n\n`;
const token = event({ choices: [{ index: 0, delta: { content: ' token' } }] });
const usage = event({ choices: [], usage: { prompt_tokens: 8, completion_tokens: events } });

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const came = performance.now();
    let last = came;
    let sent = 0;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const next = () => {
      if (response.destroyed) return;
      response.write(token);
      const now = performance.now();
      (sent === 0 ? firsts : gaps).push(now - last);
      last = now;
      sent += 1;
      if (sent < events) setTimeout(next, pause);
      else response.end(`${usage}data: [DONE]\n\n`);
    };
    setTimeout(next, pause * (0.5 + Math.random()));
  });
});
server.keepAliveTimeout = 60_000;
server.on('connection', (socket) => socket.setNoDelay());
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`port ${server.address().port}\n`);
});

process.on('SIGTERM', () => {
  writeFileSync(BENCHMARK_TIMES, JSON.stringify({ firsts, gaps, lag: delay.percentile(99) / 1e6 }));
  process.exit(0);
});
