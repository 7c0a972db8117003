/** docs/reference/benchmarks.md and its chart, from a results file. */
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { chart } from './chart.mjs';
import { clients } from './clients.mjs';
import { chartFile, documentFile } from './paths.mjs';
import { bound, number, spread } from './text.mjs';

const connectionsShown = 32;

/** @param {object} results as the benchmark's `--json` gives it */
export async function writeDocument(results) {
  writeFileSync(chartFile, chart(chartRows(results)));
  writeFileSync(
    documentFile,
    await format(markdown(results), { parser: 'markdown', printWidth: 110, singleQuote: true }),
  );
}

function chartRows({ throughput }) {
  const perCore = (client, transport) =>
    throughput.find(
      (row) => row.client === client && row.transport === transport && row.connections === connectionsShown,
    )?.requestsPerCore.median;
  return Object.keys(clients)
    .map((client) => ({
      label: clients[client].label,
      plain: perCore(client, 'plain'),
      tls: perCore(client, 'tls'),
    }))
    .filter(({ plain, tls }) => plain !== undefined || tls !== undefined);
}

const table = (head, rows, textColumns = 1) =>
  [head, head.map((_, index) => (index < textColumns ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

function markdown(results) {
  const { date, machine, settings, bars, latency, accuracy, memory, omitted, stall, failures } = results;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `# Benchmarks

What a request costs, how long it is seen to take, and what a user weighs, with Loadwright and its peers in one run.
This page is written by \`npm run bench\`; do not edit it.

\`\`\`sh
npm run bench -- --quick
npm run bench
\`\`\`

The first takes about a minute and only prints; the second takes about half an hour, and writes this
page. It needs Linux with two cores that nothing else uses, and Go and Rust, with which it builds k6, vegeta and oha the first
time. \`--only NAME\` runs a part, \`--json\` prints the figures as one document.

Measured on ${date.slice(0, 10)} at commit ${machine.commit}: ${machine.processor}, ${machine.cores} cores,
${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Linux ${machine.kernel}; ${versions.join(', ')}. Load of the machine
before it began: ${machine.loadAverageBefore.toFixed(2)}.

How: nginx, one worker pinned to one core, answers every POST with 106 bytes of JSON over kept-alive connections. The
client is one process, pinned to the other core. When all its connections are open, and after
${settings.settleSeconds} s more, a window of ${settings.windowSeconds} s is taken: requests are counted by the server,
CPU time (user and system) by the kernel. All cases are measured one after the other, ${settings.rounds} times over, or twice where no
bar is computed from them;
shown is the median, and the least and the most. Loadwright's targets are bundles, run by stock Locust. A ratio is that
of two cases within one round.

## Bars

${table(
  ['work', 'measured', 'bar', 'result', 'verdict'],
  bars.map((bar) => [
    bar.work,
    bar.measure,
    bound(bar),
    bar.measured ? `${spread(bar.measured)}${bar.unit ? ` ${bar.unit}` : ''}` : '–',
    bar.verdict === 'met' ? 'met' : `**${bar.verdict}**`,
  ]),
  2,
)}

Where the time of a signed request over TLS goes: [a profile](../decisions/0010-signatures-from-prepared-hashes.md).

## Requests a second of one core

Requests divided by the client's CPU seconds.

![Requests a second of one core, at 32 connections](../../benchmarks/results/latest.svg)

${throughputTables(results, (row) => spread(row.requestsPerCore))}

## CPU milliseconds for 1,000 requests

${throughputTables(results, (row) => spread(row.cpuMillisecondsPerThousand))}

## Memory of a further user

The difference between 1,000 and 2,000 users, divided by 1,000.

${table(
  ['client', 'transport', 'KB'],
  memory.map((row) => [
    clients[row.client].label,
    transportName[row.transport],
    spread(row.bytesPerUser, 1 / 1000),
  ]),
)}

## Latency that the client adds

Median latency as each client reports it, at about 500 requests/s of 50 users that pause between two requests.

${table(
  ['client', 'requests/s', 'median, ms'],
  latency.map((row) => [
    clients[row.client].label,
    spread(row.requestsPerSecond),
    spread(row.medianMilliseconds),
  ]),
)}

## Accuracy

${accuracyText(accuracy)}

${stallText(stall)}

${replayText(results.replay)}

${peersText(results.peers ?? [])}

${masterText(results.master ?? [])}

${streamsText(results)}

${startText(results.start ?? [])}

## What is left out

${[...omitted, ...failures.map(failureText)].map((text) => `- ${text}`).join('\n')}
`;
}

const failureText = (failure) => `Failed: ${failure.split('\n', 1)[0]}.`;

const transportName = { plain: 'plain HTTP', tls: 'TLS' };

function throughputTables({ throughput }, cell) {
  return Object.keys(transportName)
    .map((transport) => {
      const rows = throughput.filter((row) => row.transport === transport);
      const columns = [...new Set(rows.map((row) => row.connections))].sort((a, b) => a - b);
      const names = Object.keys(clients).filter((client) => rows.some((row) => row.client === client));
      const lines = names.map((client) => [
        `${clients[client].label}${clients[client].signed ? ' (SigV4)' : ''}`,
        ...columns.map((connections) => {
          const row = rows.find((found) => found.client === client && found.connections === connections);
          return row ? cell(row) : '–';
        }),
      ]);
      const heads = columns.map((count) => `${number(count)} connection${count === 1 ? '' : 's'}`);
      return table([transportName[transport], ...heads], lines);
    })
    .join('\n\n');
}

function accuracyText(accuracy) {
  if (!accuracy) return 'Not measured.';
  const milliseconds = (value) => value.toFixed(3);
  const rows = accuracy.rows.map(({ fraction, server, kernel, woken, reported, allowed }) => [
    `p${number(fraction * 100)}`,
    ...[server, kernel, woken, reported, reported - server, reported - woken, allowed].map(milliseconds),
  ]);
  const heads = [
    'server’s log',
    'kernel',
    'with wake-up',
    'reported',
    'reported − log',
    'reported − with wake-up',
  ];
  return `A server that draws its service times from a log-normal distribution and logs them, and what Loadwright reports
of the same ${number(accuracy.requests)} requests; milliseconds, the round with the median error.

${table(['percentile', ...heads, 'allowed'], rows)}

The columns between the log and the report say where the difference comes from. _Kernel_: from the packet that brings
a request to the one that brings its answer, as the kernel stamps both on loopback. The server’s process learns of the
request later, when the scheduler lets it run, and that is where its log begins. _With wake-up_: that, and the time from
the answer’s stamp to the moment at which the sleeping process of the generator went on; an answer that found it awake
adds nothing. Here that wait was ${milliseconds(accuracy.wakeUp[0.5])} ms at the median and ${milliseconds(accuracy.wakeUp[0.99])} ms at p99. What is left, _reported −
with wake-up_, is the generator’s own: its work for other connections, its clock, and the buckets of its histogram.`;
}

function peersText(peers) {
  if (peers.length === 0) return '';
  const percent = ({ median }) => `${(median * 100).toFixed(1)} %`;
  const rows = peers.map((row) => [
    row.server,
    ...[row.loadwright, row.vegeta, row.k6].map(percent),
    row.worst.median.toFixed(2),
    row.unaccounted.median,
  ]);
  const heads = [
    'the server',
    'Loadwright',
    'vegeta',
    'k6',
    'difference ÷ allowed',
    'requests unaccounted for',
  ];
  return `## Failures beside vegeta and k6

The share of failures that each reports of the same arrivals on a server that misbehaves. Allowed are four standard
errors of a difference; unaccounted for is the difference between our report and the server’s own count.

${table(heads, rows)}`;
}

function masterText(master) {
  if (master.length === 0) return '';
  const rows = master.map((row) => [
    number(row.workers),
    row.names,
    spread(row.shareOfCore, 100),
    number(row.limit.median),
  ]);
  return `## A master with many workers

One real master; its workers are simulated in one process, and send the reports of real ones (100 requests/s each) and their
heartbeats. Statistics and series are read once a second meanwhile, and the master's sum is that of the workers. The limit is the
number of workers that would take the whole core, if each costs the same.

${table(['workers', 'names of requests', 'CPU of the master, % of a core', 'limit, workers'], rows)}`;
}

function streamsText({ chats = [], streams = [] }) {
  if (chats.length === 0 || streams.length === 0) return '';
  const [{ connections, events, pauseMilliseconds, worst50, worst99, lag, requests }] = streams;
  return `## Streams

nginx answers each POST with the events of a chat of 50 tokens, all of them at once. Of a stream that was asked for, each event is
looked at, and its token counted and timed. Events that nobody asked for are looked at as well, for an error among them is a
failure. Text is only read.

${table(
  ['the answer', 'CPU ms for 1,000 requests', 'requests a second of one core'],
  chats.map((row) => [
    clients[row.client].label,
    spread(row.cpuMillisecondsPerThousand),
    spread(row.requestsPerCore),
  ]),
)}

${number(connections)} chats at a time on one worker, ${number(events)} tokens each, one every ${number(pauseMilliseconds)} ms (${number(requests.median)} chats in a round): time to first
token and gaps differ from the server's own log by ${spread(worst50)} ms at p50 and ${spread(worst99)} ms at p99 at most. The loop of
the server, whose clock that is, was ${spread(lag)} ms late at p99, the resolution of that figure included.`;
}

function startText([start]) {
  if (!start) return '';
  return `## How long a run takes to begin

From the command to the first request of the load, a local run with two workers and an environment that is there:
${spread(start.loadSeconds)} s; to the one request before it ${spread(start.preflightSeconds)} s.`;
}

function stallText(stall) {
  if (!stall) return '';
  return `At ${number(stall.ratePerSecond)} arrivals/s over TLS, with a server that stalls once for 2 s: the 99th percentile
of the service time (sent → answered) is ${spread(stall.servicePercentile99)} ms, that of the response time
(due → answered) is ${spread(stall.responsePercentile99)} ms.`;
}

function replayText(replay) {
  if (!replay) return '';
  return `A trace of ${number(replay.requests.median)} requests that goes from ${number(replay.calm)} to ${number(replay.burst)} requests/s and back every
half second, replayed by one worker: beside the fastest request, half of them come to the server
${spread(replay.latePercentile50)} ms late at most, 99 % ${spread(replay.latePercentile99)} ms, and the last one ${spread(replay.latest)} ms.`;
}
