import { formatNumber } from '@loadwright/core/report';
import { tablePrice } from '../aws/price/table.js';
import type { Benchmark } from './benchmark.js';
import { instanceSources, instanceTypes, type InstanceType } from './instances.js';

/** From the least to the most that is to be expected. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What one kind of machine can be expected to send. */
export interface SizeRow {
  readonly instanceType: string;
  readonly vcpus: number;
  /** Of one machine. */
  readonly requestsPerSecond: Range;
  /** What ends the rate of `low` first. */
  readonly limit: 'cpu' | 'network';
  /** Machines for the wanted rate. */
  readonly machines: Range;
  /** Of all these machines, in US dollars; null: the price is unknown. */
  readonly usDollarsPerHour: Range | null;
  readonly note?: string;
}

/** An estimate, with the source of each of its figures. */
export interface Sizing {
  readonly rate: number;
  readonly region: string;
  readonly benchmark: Benchmark;
  readonly rows: readonly SizeRow[];
  /**
   * The type with the lowest price for the machines of `high`, of several the one with fewest; undefined: no price is known.
   */
  readonly cheapest: string | undefined;
  readonly sources: readonly string[];
}

/** A worker above 90 % of its core makes a run INVALID; peaks of a few seconds need room below that. */
export const usedShare = 0.7;

/** The share of the network's baseline that is planned with: headers of packets, and what else a machine sends. */
const networkShare = 0.8;

/**
 * How fast a vCPU is beside one of the machine of the benchmark. No other machine was measured: these are assumptions. A thread
 * that shares its core with another busy one does between half and nearly all of what it does alone; generations of servers differ
 * by about a quarter.
 */
const assumedSpeed: Readonly<Record<InstanceType['vcpu'], Range>> = {
  thread: { low: 0.5, high: 1 },
  core: { low: 0.75, high: 1.25 },
};

/** @param rate requests a second that are wanted */
export function estimate(benchmark: Benchmark, { rate, region }: { rate: number; region: string }): Sizing {
  const prices = instanceTypes.map(({ name }) => tablePrice(region, { kind: 'machine', instanceType: name }));
  const rows = instanceTypes.map((type, index) => rowOf(type, benchmark, rate, prices[index]?.usDollars));
  const priced = rows.filter(({ usDollarsPerHour }) => usDollarsPerHour !== null);
  // In tenths of a cent: sums of prices that are equal differ in their last digit.
  const price = ({ usDollarsPerHour }: SizeRow) => Math.round((usDollarsPerHour?.high ?? 0) * 1000);
  const cheapest = priced.toSorted(
    (one, other) => price(one) - price(other) || one.machines.high - other.machines.high,
  )[0];
  const priceSource = prices.find((price) => price !== undefined)?.source;
  return {
    rate,
    region,
    benchmark,
    rows,
    cheapest: cheapest?.instanceType,
    sources: [
      `CPU per request: measured on this machine with this bundle, ${formatNumber(benchmark.requests)} requests of ${benchmark.users} users in ${benchmark.seconds} s${benchmark.tls ? ', with TLS' : ''}`,
      `workers are planned at ${usedShare * 100} % of a vCPU; above 90 % a run is INVALID`,
      `speed of other CPUs: not measured; assumed ${share(assumedSpeed.thread)} of this machine for a vCPU that is a thread, ${share(assumedSpeed.core)} for one that is a core`,
      instanceSources.vcpu,
      instanceSources.network,
      instanceSources.baseline,
      priceSource === undefined
        ? `prices: unknown in ${region}`
        : `prices on demand in ${region}: ${priceSource}`,
      'answers: those of the emulator, repeated; longer ones of the service cost more',
    ],
  };
}

const share = ({ low, high }: Range) => `${low}–${high} times`;

function rowOf(
  { name, vcpus, vcpu, networkMegabits, cpuBaseline }: InstanceType,
  { cpuMicroseconds, bytesSent, bytesReceived }: Benchmark,
  rate: number,
  usDollars: number | undefined,
): SizeRow {
  const cpu = (microseconds: number, speed: number) => (vcpus * usedShare * speed * 1e6) / microseconds;
  const network = (networkMegabits * 1e6 * networkShare) / (8 * Math.max(bytesSent, bytesReceived, 1));
  // Where more than the baseline is not paid for, a burstable machine falls back to it.
  const lowCpu = cpu(cpuMicroseconds.most, assumedSpeed[vcpu].low) * (cpuBaseline ?? 1);
  const highCpu = cpu(cpuMicroseconds.least, assumedSpeed[vcpu].high);
  const requestsPerSecond = {
    low: Math.floor(Math.min(lowCpu, network)),
    high: Math.floor(Math.min(highCpu, network)),
  };
  const count = (each: number) => Math.ceil(rate / Math.max(each, 1));
  const machines = { low: count(requestsPerSecond.high), high: count(requestsPerSecond.low) };
  return {
    instanceType: name,
    vcpus,
    requestsPerSecond,
    limit: network < lowCpu ? 'network' : 'cpu',
    machines,
    usDollarsPerHour:
      usDollars === undefined ? null : { low: machines.low * usDollars, high: machines.high * usDollars },
    ...(cpuBaseline !== undefined && {
      note: `the low figure is at its CPU baseline of ${cpuBaseline * 100} %; above it, CPU credits cost extra`,
    }),
  };
}
