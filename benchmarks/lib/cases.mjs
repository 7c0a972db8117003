/** What is measured in each round, and what is left out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { casesOfBars } from './bars.mjs';
import { masterLoad } from './master-load.mjs';
import { measure } from './measure.mjs';
import { clientsFolder, venvBin } from './paths.mjs';
import { compareFailures, peerServers } from './peers.mjs';
import { percentile } from './statistics.mjs';
import { startCommand } from './start-command.mjs';
import { streams } from './streams.mjs';
import { accuracy, replay, stall } from './truth.mjs';

const all = [1, 32, 1000, 5000];

/** Connections of each client. Those of the second list take so long to spawn that they are measured once. */
const connectionsOf = {
  sagemaker: [all],
  'sagemaker-one-payload': [[32]],
  databricks: [[32]],
  chalice: [all],
  dht: [[32]],
  'rest-logged': [[32]],
  'rest-measured': [[32]],
  wrk: [all],
  hey: [[1, 32]],
  oha: [all],
  'oha-signing': [[32]],
  vegeta: [[32]],
  k6: [[32]],
  'fast-http-user': [[1, 32, 1000], [5000]],
  'fast-http-user-signing': [[1, 32, 1000], [5000]],
  'http-user': [[1, 32], [1000]],
  'http-user-signing': [[1, 32], [1000]],
  boto3: [[1, 32]],
};

export const omitted = [
  'A third and further rounds of what no bar is computed from: it is measured twice, so that a run ends within half an hour.',
  'The targets databricks and dht at 1, 1,000 and 5,000 connections: the work is that of chalice.',
  'Repetition of HttpUser at 1,000 connections, of FastHttpUser at 5,000 and of its memory: they are measured in the first round only.',
  'hey beyond 500 connections: it keeps no more of them alive.',
  'HttpUser at 5,000 connections and boto3 at 1,000 and more: Locust takes minutes to spawn them.',
  'wrk, hey, vegeta, k6 and SigV4: they are not made to sign, so their figures are of unsigned requests.',
  'The profile-guided optimization of the oha that its authors publish: it is built from source, as `cargo install` does.',
  'vegeta and k6 at 1, 1,000 and 5,000 connections: beside wrk and oha they are here for what a request costs.',
  'aiperf: what a stream costs is measured against the same bytes without one, and its times against the server’s.',
  'wrk, hey and k6 do not verify the server’s certificate; all others do.',
];

/** Users of the further 1,000 whose memory is measured, and those that are there before. */
const fewer = 1000;
const further = 1000;

/** 50 users with pauses of 100 ms on average make 500 requests a second. */
const paced = { connections: 50, wait: [0, 0.2], ratePerSecond: 500 };

const transports = ['plain', 'tls'];

const chats = ['chat-streamed', 'chat-events', 'chat-text'];

/** Of what no bar is computed from. */
const roundsWithoutBar = 2;

/** @returns {{ id: string, group: string, rounds?: number, run: (setup: object) => Promise<object> }[]} */
export function allCases({ quick }) {
  if (quick) return quickCases();
  return fullCases().map((one) => (casesOfBars.has(one.id) ? one : { rounds: roundsWithoutBar, ...one }));
}

function fullCases() {
  const cases = Object.keys(connectionsOf).flatMap((client) =>
    connectionsOf[client].flatMap((list, index) =>
      transports.flatMap((transport) =>
        list.map((connections) => throughput(client, transport, connections, index === 1 ? 1 : undefined)),
      ),
    ),
  );
  return [
    ...cases,
    ...transports.flatMap((transport) => [
      memory('chalice', transport),
      memory('fast-http-user', transport, 1),
    ]),
    ...['chalice', 'wrk', 'fast-http-user'].map((client) => latency(client, 5)),
    accuracyCase(8),
    stallCase(20),
    replayCase(10),
    ...chats.map(chatCase),
    streamsCase(10),
    startCase,
    ...[1, 10].map((names) => masterCase(names, 10)),
    ...Object.keys(peerServers).map(peersCase),
  ];
}

/** The least from which every bar can be computed. */
function quickCases() {
  return [
    ...['chalice', 'fast-http-user', 'wrk'].map((client) => throughput(client, 'plain', 32)),
    ...['sagemaker', 'http-user-signing', 'boto3', 'oha-signing'].map((client) =>
      throughput(client, 'plain', 32),
    ),
    ...['databricks', 'dht', 'rest-logged'].map((client) => throughput(client, 'plain', 32)),
    ...['chalice', 'wrk', 'sagemaker', 'fast-http-user-signing'].map((client) =>
      throughput(client, 'tls', 32),
    ),
    throughput('chalice', 'plain', 5000),
    ...transports.map((transport) => memory('chalice', transport)),
    ...['chalice', 'wrk'].map((client) => latency(client, 2)),
    accuracyCase(3),
    stallCase(6),
    replayCase(4),
    ...chats.map(chatCase),
    streamsCase(4),
    startCase,
    ...[1, 10].map((names) => masterCase(names, 3)),
  ];
}

function throughput(client, transport, connections, rounds) {
  const id = `throughput ${client} ${transport} ${connections}`;
  const facts = { client, transport, connections };
  const run = async (setup) => {
    const { output: _, ...figures } = await measure(setup, facts);
    return figures;
  };
  return { id, group: 'throughput', facts, ...(rounds && { rounds }), run };
}

function memory(client, transport, rounds) {
  const run = async (setup) => {
    const residentBytes = async (connections) =>
      (await measure(setup, { client, transport, connections, windowSeconds: 0.5 })).residentBytes;
    const before = await residentBytes(fewer);
    return { bytesPerUser: ((await residentBytes(fewer + further)) - before) / further };
  };
  const id = `memory ${client} ${transport}`;
  return { id, group: 'memory', facts: { client, transport }, ...(rounds && { rounds }), run };
}

/** The same bytes of nginx. */
function chatCase(client) {
  return { ...throughput(client, 'plain', 32), id: client, group: 'chats' };
}

function streamsCase(seconds) {
  const facts = { connections: 500, seconds, pauseMilliseconds: 100, events: 20 };
  return { id: 'streams', group: 'streams', facts, run: (setup) => streams(setup, facts) };
}

/** The command as it is built. */
const startCase = { id: 'start', group: 'start', facts: { workers: 2 }, run: startCommand };

function latency(client, windowSeconds) {
  const run = async (setup) => {
    const { connections, wait } = paced;
    const file = join(setup.folder, 'latencies.json');
    const environment = { BENCHMARK_LATENCIES: file };
    const plugins = [join(clientsFolder, 'record_latency.py')];
    const options = { client, transport: 'plain', connections, wait, windowSeconds, environment, plugins };
    const { output, requestsPerSecond } = await measure(setup, options);
    const told = /^median (\S+) ms$/m.exec(output);
    return { medianMilliseconds: told ? Number(told[1]) : medianOf(file), requestsPerSecond };
  };
  return { id: `latency ${client}`, group: 'latency', facts: { client, ...paced }, run };
}

function medianOf(file) {
  const times = JSON.parse(readFileSync(file, 'utf8')).sort((a, b) => a - b);
  return percentile(
    times.map((time) => [time, 1]),
    0.5,
  );
}

function accuracyCase(seconds) {
  const facts = { connections: 50, seconds, medianMilliseconds: 20 };
  return { id: 'accuracy', group: 'accuracy', facts, run: (setup) => accuracy(setup, facts) };
}

/** Once: it counts, and does not time. Needs the command as it is built, and Go. */
function peersCase(server) {
  const run = async ({ folder }) => {
    const { shares, differences, unaccounted } = await compareFailures(server, {
      folder,
      locust: venvBin('locust'),
    });
    return { ...shares, worst: Math.max(...Object.values(differences)), unaccounted };
  };
  return { id: `peers ${server}`, group: 'peers', facts: { server }, rounds: 1, run };
}

/** Reports of workers, as many as the master of a great test hears. */
function masterCase(names, seconds) {
  const facts = { workers: 1000, names, seconds };
  return { id: `master ${names}`, group: 'master', facts, run: (setup) => masterLoad(setup, facts) };
}

function stallCase(seconds) {
  const facts = { ratePerSecond: 100, seconds };
  return { id: 'stall', group: 'stall', facts, run: (setup) => stall(setup, facts) };
}

function replayCase(seconds) {
  const facts = { calm: 100, burst: 1500, seconds };
  return { id: 'replay', group: 'replay', facts, run: (setup) => replay(setup, facts) };
}
