import { formatBytes, formatDollars, formatFigure, formatNumber } from '@loadwright/core/report';
import { usedShare, type Range, type SizeRow, type Sizing } from '@loadwright/infra/size';
import type { Colors } from './colors.js';
import { formatTable } from './table.js';

/** Share of a core below which a process wakes up for single requests, which costs more than many at once. */
const busy = 0.5;

/** An estimate for people: what was measured, a table of machines, and where each figure comes from. */
export function formatSizing(sizing: Sizing, colors: Colors): string[] {
  const { benchmark, rows, cheapest, rate, region, sources } = sizing;
  const { cpuMicroseconds: cpu } = benchmark;
  const recommended = rows.find(({ instanceType }) => instanceType === cheapest);
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    `${colors.bold('Measured on this machine')}${benchmark.tls ? ', with TLS' : ''}`,
    `  ${formatFigure(cpu.mean)} µs of CPU a request (${formatFigure(cpu.least)} to ${formatFigure(cpu.most)}), ` +
      `${formatFigure(benchmark.requestsPerSecond)} requests/s with ${formatFigure(benchmark.utilization * 100)} % of a core`,
    ...(benchmark.utilization < busy
      ? [
          '  Locust waited for the server beside it: a busy process needs less for a request, so the figures are low.',
        ]
      : []),
    `  ${formatBytes(benchmark.bytesSent)} sent and ${formatBytes(benchmark.bytesReceived)} received a request`,
    '',
    `${colors.bold(`Expected for ${formatFigure(rate)} requests/s`)} ${colors.dim(`(prices in ${region}, $ an hour, without the master's machine)`)}`,
    formatTable(
      [
        'machine',
        right('vCPUs'),
        right('requests/s of one'),
        right('machines'),
        right('$ an hour'),
        'limited by',
      ],
      rows.map((row) => [
        row.instanceType === cheapest ? colors.green(row.instanceType) : row.instanceType,
        String(row.vcpus),
        range(row.requestsPerSecond, 0),
        range(row.machines, 0),
        row.usDollarsPerHour ? range(row.usDollarsPerHour, 3) : '–',
        row.limit === 'cpu' ? `CPU${row.note === undefined ? '' : ' (see below)'}` : 'network',
      ]),
      colors,
    ),
    '',
    ...(recommended ? [recommendation(recommended, colors)] : []),
    ...rows.flatMap(({ instanceType, note }) => (note === undefined ? [] : [`${instanceType}: ${note}.`])),
    'c7g machines are arm64.',
    `One worker process a vCPU; each is planned with ${usedShare * 100} % of it. The master needs a part of one vCPU more: on ECS a machine of its own.`,
    '',
    colors.bold('Sources'),
    ...sources.map((source) => `  ${source}`),
    '  A run says whether its workers were fast enough: try a short one with the machines that you choose.',
  ];
}

function recommendation({ instanceType, machines, usDollarsPerHour }: SizeRow, colors: Colors): string {
  const count = `${machines.high} ${machines.high === 1 ? 'machine' : 'machines'}`;
  const price = usDollarsPerHour ? `, ${formatDollars(usDollarsPerHour.high, 3)} an hour` : '';
  return `${colors.green('✓')} Lowest price that is enough by the low figures: ${count} of ${instanceType}${price}.`;
}

/** `2,000 – 7,000`, or one figure where they are the same. */
function range({ low, high }: Range, digits: number): string {
  const [one, other] = [formatNumber(low, digits), formatNumber(high, digits)];
  return one === other ? one : `${one} – ${other}`;
}
