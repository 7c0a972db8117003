import { formatDuration } from '@loadwright/core';

/** Stands for what was not measured. */
const nothing = '–';

/** 1234567 → `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** The three figures that count: 0.00377, 4.21, 42.1, 421, 4,210. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return nothing;
  return Math.abs(value) < 1
    ? value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
    : value.toLocaleString('en-US', {
        maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2,
      });
}

/** Milliseconds, in seconds from ten of them on. */
export function formatMilliseconds(milliseconds: number | null): string {
  if (milliseconds === null || !Number.isFinite(milliseconds)) return nothing;
  return milliseconds >= 10_000
    ? `${formatNumber(milliseconds / 1000)} s`
    : `${formatNumber(milliseconds)} ms`;
}

/** 0.0123 → `1.23 %`. */
export function formatRate(rate: number): string {
  return Number.isFinite(rate) ? `${formatNumber(rate * 100)} %` : nothing;
}

/** Requests a second: 4.21. Null, where less than a second was measured, and what is no rate: `–`. */
export function formatPerSecond(rate: number | null): string {
  return rate === null || !(rate >= 0) ? nothing : formatNumber(rate);
}

/** A value of a metric in its unit: `86 ms`, `364 tokens`, `0.82`. */
export function formatValue(value: number, unit: string): string {
  return unit === 'ms' ? formatMilliseconds(value) : `${formatNumber(value)} ${unit}`.trim();
}

/** How long ago something began, in seconds: `21 ms`, `4.2 s`, `42 s`, `2m5s`. */
export function formatAge(seconds: number): string {
  if (seconds > 0 && seconds < 1) return formatMilliseconds(Math.max(1, Math.round(seconds * 1000)));
  return seconds < 100
    ? `${formatNumber(Math.max(0, Number(seconds.toFixed(1))))} s`
    : formatDuration(seconds);
}

/** A size: `106 B`, `5.2 kB`, `1.3 MB`. */
export function formatBytes(bytes: number): string {
  const [divisor, unit] = bytes < 1000 ? [1, 'B'] : bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  return `${(bytes / divisor).toLocaleString('en-US', { maximumFractionDigits: divisor > 1 ? 1 : 0 })} ${unit}`;
}

const blocks = '▁▂▃▄▅▆▇█';

/** The newest values as bars, measured against their own greatest; from zero. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width).map((value) => (value > 0 ? value : 0));
  const greatest = Math.max(...shown, 0);
  return shown
    .map((value) => blocks[greatest === 0 ? 0 : Math.round((value / greatest) * (blocks.length - 1))])
    .join('');
}

/** A bar of a width, filled to a part between 0 and 1. */
export function progressBar(part: number, width: number): { filled: string; empty: string } {
  const count = Math.round(Math.min(1, Math.max(0, part)) * width);
  return { filled: '━'.repeat(count), empty: '─'.repeat(width - count) };
}
