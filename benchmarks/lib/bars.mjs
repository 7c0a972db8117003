/** What this project holds itself to: each a ratio or a difference within one round, never between two runs. */
import { summarize } from './statistics.mjs';

const throughput = (client, transport, connections) => `throughput ${client} ${transport} ${connections}`;
const perCore = (sample) => sample.requestsPerCore;
const cpu = (sample) => sample.cpuMillisecondsPerThousand;
const median = (sample) => sample.medianMilliseconds;
const ratio = (a, b) => a / b;

/** `of`: the cases compared, with the figure of each; `limit` and `atLeast`: the bar; `unit`: of what is measured. */
const definitions = [
  {
    work: 'plain HTTP, 32 connections',
    measure: 'our requests/s a core ÷ FastHttpUser’s',
    of: [throughput('chalice', 'plain', 32), throughput('fast-http-user', 'plain', 32)],
    figure: perCore,
    combine: ratio,
    limit: 10,
    atLeast: true,
  },
  {
    work: 'plain HTTP, 32 connections',
    measure: 'our CPU a request ÷ wrk’s',
    of: [throughput('chalice', 'plain', 32), throughput('wrk', 'plain', 32)],
    figure: cpu,
    combine: ratio,
    limit: 1.1,
  },
  ...['databricks', 'dht', 'sagemaker'].map((target) => ({
    work: 'plain HTTP, 32 connections',
    measure: `CPU a request of target ${target} ÷ that of rest and chalice, the plainest`,
    of: [throughput(target, 'plain', 32), throughput('chalice', 'plain', 32)],
    figure: cpu,
    combine: ratio,
    limit: 1.3,
  })),
  {
    work: 'plain HTTP, 32 connections',
    measure: 'CPU a request with 1 % of the requests logged ÷ that without',
    of: [throughput('rest-logged', 'plain', 32), throughput('chalice', 'plain', 32)],
    figure: cpu,
    combine: ratio,
    limit: 1.03,
  },
  {
    work: 'TLS, 32 connections',
    measure: 'our requests/s a core ÷ wrk’s',
    of: [throughput('chalice', 'tls', 32), throughput('wrk', 'tls', 32)],
    figure: perCore,
    combine: ratio,
    limit: 0.9,
    atLeast: true,
  },
  {
    work: 'SigV4, 32 connections',
    measure: 'our requests/s a core ÷ those of HttpUser that signs by hand',
    of: [throughput('sagemaker', 'plain', 32), throughput('http-user-signing', 'plain', 32)],
    figure: perCore,
    combine: ratio,
    limit: 20,
    atLeast: true,
  },
  {
    work: 'SigV4, 32 connections',
    measure: 'our requests/s a core ÷ those of boto3 a user',
    of: [throughput('sagemaker', 'plain', 32), throughput('boto3', 'plain', 32)],
    figure: perCore,
    combine: ratio,
    limit: 30,
    atLeast: true,
  },
  {
    work: 'SigV4, 32 connections',
    measure: 'our requests/s a core ÷ those of oha',
    of: [throughput('sagemaker', 'plain', 32), throughput('oha-signing', 'plain', 32)],
    figure: perCore,
    combine: ratio,
    limit: 1,
    atLeast: true,
  },
  {
    work: 'TLS + SigV4, 32 connections',
    measure: 'our requests/s a core ÷ those of FastHttpUser with the same signer',
    of: [throughput('sagemaker', 'tls', 32), throughput('fast-http-user-signing', 'tls', 32)],
    figure: perCore,
    combine: ratio,
    limit: 5,
    atLeast: true,
  },
  {
    work: 'plain HTTP, 5,000 connections',
    measure: 'our requests/s a core ÷ ours at 32 connections',
    of: [throughput('chalice', 'plain', 5000), throughput('chalice', 'plain', 32)],
    figure: perCore,
    combine: ratio,
    limit: 0.5,
    atLeast: true,
  },
  {
    work: 'memory, plain HTTP',
    measure: 'of a further user',
    of: ['memory chalice plain'],
    figure: (sample) => sample.bytesPerUser / 1000,
    limit: 25,
    unit: 'KB',
  },
  {
    work: 'memory, TLS',
    measure: 'of a further user',
    of: ['memory chalice tls'],
    figure: (sample) => sample.bytesPerUser / 1000,
    limit: 100,
    unit: 'KB',
  },
  {
    work: '500 requests/s, 50 users',
    measure: 'our median latency − wrk’s',
    of: ['latency chalice', 'latency wrk'],
    figure: median,
    combine: (a, b) => a - b,
    limit: 0.3,
    unit: 'ms',
  },
  {
    work: 'accuracy, p50 · p90 · p99 · p99.9',
    measure: 'largest error ÷ the allowed one (1 % or 0.1 ms)',
    of: ['accuracy'],
    figure: (sample) => sample.worst,
    limit: 1,
  },
  {
    work: 'accuracy, p50 · p90 · p99 · p99.9',
    measure: 'the same beside the kernel’s times and the wake-up by the scheduler',
    of: ['accuracy'],
    figure: (sample) => sample.worstOwn,
    limit: 1,
  },
  {
    work: 'a server that stalls for 2 s',
    measure: 'p99 of the response time: it shows the stall',
    of: ['stall'],
    figure: (sample) => sample.responsePercentile99,
    limit: 1500,
    atLeast: true,
    unit: 'ms',
  },
  {
    work: 'a server that stalls for 2 s',
    measure: 'p99 of the service time: it does not',
    of: ['stall'],
    figure: (sample) => sample.servicePercentile99,
    limit: 500,
    unit: 'ms',
  },
  {
    work: 'a trace with bursts of 1,500 requests/s',
    measure: 'p99 of how late a request comes to the server',
    of: ['replay'],
    figure: (sample) => sample.latePercentile99,
    limit: 10,
    unit: 'ms',
  },
  {
    work: 'chats of 50 tokens, 32 connections',
    measure: 'CPU of a stream ÷ that of the same events, not asked for as a stream',
    of: ['chat-streamed', 'chat-events'],
    figure: cpu,
    combine: ratio,
    limit: 1.5,
  },
  ...[
    ['p50', 'worst50', 1],
    ['p99', 'worst99', 2],
  ].map(([name, key, limit]) => ({
    work: '500 streams at a time, one worker',
    measure: `${name} of time to first token and of gaps: difference to the server’s`,
    of: ['streams'],
    figure: (sample) => sample[key],
    limit,
    unit: 'ms',
  })),
  {
    work: 'a local run with 2 workers',
    measure: 'from the command to the first request of the load',
    of: ['start'],
    figure: (sample) => sample.loadSeconds,
    limit: 3,
    unit: 's',
  },
  ...[
    [1, 0.3],
    [10, 1],
  ].map(([names, limit]) => ({
    work: `1,000 workers, ${names === 1 ? 'one name' : `${names} names`}`,
    measure: 'CPU of the master, of one core',
    of: [`master ${names}`],
    figure: (sample) => sample.shareOfCore,
    limit,
  })),
];

/** Ids of the cases from which a bar is computed. */
export const casesOfBars = new Set(definitions.flatMap(({ of }) => of));

/**
 * @param {(id: string) => readonly (object | undefined)[]} samplesOf a case's samples by round
 * @returns each bar with what was measured, and its verdict: met, missed, or not measured
 */
export function judge(samplesOf) {
  return definitions.map(
    ({ work, measure, of, figure, combine = (a) => a, limit, atLeast = false, unit }) => {
      const [first, ...others] = of.map(samplesOf);
      const values = first.flatMap((sample, round) => {
        const samples = [sample, ...others.map((list) => list[round])];
        return samples.every(Boolean) ? [combine(...samples.map(figure))] : [];
      });
      const bar = { work, measure, atLeast, limit, unit };
      if (values.length === 0) return { ...bar, verdict: 'not measured' };
      const measured = summarize(values);
      const isMet = atLeast ? measured.median >= limit : measured.median <= limit;
      return { ...bar, measured, verdict: isMet ? 'met' : 'missed' };
    },
  );
}
