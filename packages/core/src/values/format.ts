import type { ThresholdResult } from '../results/summary.js';

/** Stands for what was not measured. */
export const nothing = '–';

const formatters = new Map<string, Intl.NumberFormat>();

/**
 * A number with commas between thousands: `143,022`, `0.25`. Digits are those after the point. What is no number
 * at all, such as a rate over no time, was not measured.
 */
export function formatNumber(value: number, maximumDigits = 0, minimumDigits = 0): string {
  if (!Number.isFinite(value)) return nothing;
  const key = `${maximumDigits}/${minimumDigits}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat('en', {
      maximumFractionDigits: maximumDigits,
      minimumFractionDigits: minimumDigits,
    });
    formatters.set(key, formatter);
  }
  return formatter.format(value);
}

/** About three significant digits for small numbers, whole numbers for large ones. */
export function formatFigure(value: number): string {
  return formatNumber(value, value < 10 ? 2 : value < 100 ? 1 : 0);
}

/**
 * An amount of money: 0.0042 → `$0.0042`, 3.5 → `$3.50`, 1234.5 → `$1,234.50`.
 *
 * @param digits after the point. Default: two, and four below ten cents
 */
export function formatDollars(usDollars: number, digits = usDollars > 0 && usDollars < 0.1 ? 4 : 2): string {
  return `$${formatNumber(usDollars, digits, digits)}`;
}

/** A rate of a second, without its unit. Null where less than a second was measured; a negative one was not measured either. */
export function formatRate(rate: number | null): string {
  return rate === null || !(rate >= 0) ? nothing : formatFigure(rate);
}

/** A rate of a second with its unit: `416 /s`. */
export function formatPerSecond(rate: number | null): string {
  const text = formatRate(rate);
  return text === nothing ? nothing : `${text} /s`;
}

/** A response time with its unit: `86 ms`, from ten seconds on `12.4 s`. What took time is never shown as 0. */
export function formatMilliseconds(milliseconds: number | null): string {
  if (milliseconds === null || !Number.isFinite(milliseconds)) return nothing;
  if (milliseconds > 0 && milliseconds < 0.005) return `< 0.01 ms`;
  if (milliseconds < 10_000) return `${formatFigure(milliseconds)} ms`;
  return `${formatFigure(milliseconds / 1000)} s`;
}

/** A ratio of 0 to 1 in percent. What is more than nothing is never shown as 0. */
export function formatRatio(ratio: number): string {
  const percent = ratio * 100;
  if (percent === 0 || percent >= 100) return `${formatNumber(percent)} %`;
  if (percent < 0.01) return `< 0.01 %`;
  const digits = percent < 10 || percent > 99.5 ? 2 : 1;
  // All but a few is not all.
  return `${formatNumber(Math.min(percent, 99.99), digits)} %`;
}

/** A text that is not longer than is useful to read. */
export function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** A size: `106 B`, `5.2 kB`, `1.3 MB`. */
export function formatBytes(bytes: number): string {
  const [divisor, unit] = bytes < 1000 ? [1, 'B'] : bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  return `${formatNumber(bytes / divisor, divisor > 1 ? 1 : 0)} ${unit}`;
}

/** A value of a metric in its unit: `86 ms`, `364 tokens`, `0.82`. */
export function formatValue(value: number | null, unit: string): string {
  if (unit === 'ms') return formatMilliseconds(value);
  if (value === null || !Number.isFinite(value)) return nothing;
  const text = Math.abs(value) < 0.1 ? String(Number(value.toPrecision(3))) : formatFigure(value);
  return unit === '' ? text : `${text} ${unit}`;
}

/** How long ago something began: `310 ms`, `42 s`, `2 min 5 s`. */
export function formatAge(seconds: number | null): string {
  if (seconds === null || !(seconds >= 0)) return nothing;
  return seconds < 1 ? formatMilliseconds(Math.round(seconds * 1000)) : formatLength(seconds);
}

/** The unit of a share, 0 to 1: people read it in percent. What has no unit is a plain number: hops, answers. */
export const shareUnit = 'share';

/** A value of a threshold, exact enough that it never seems to equal a limit it missed. */
export function formatMeasured(value: number | null, unit: ThresholdResult['unit']): string {
  if (value === null) return 'nothing';
  const exact = (number: number) =>
    number !== 0 && Math.abs(number) < 0.001
      ? String(Number(number.toPrecision(3)))
      : formatNumber(number, 3);
  if (unit === shareUnit) return `${exact(value * 100)} %`;
  return unit === '' ? exact(value) : `${exact(value)} ${unit}`;
}

/** Time into the load as a clock shows it: `0:05`, `12:30`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** A length of time for people: `20 s`, `5 min`, `1 h 30 min`. */
export function formatLength(seconds: number): string {
  if (seconds > 0 && seconds < 0.05) return `< 0.1 s`;
  const whole = seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [Number((whole % 60).toFixed(1)), 's'],
  ] as const;
  const shown = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`);
  return shown.join(' ') || `0 s`;
}

/** The time of day of a Unix time in seconds, in UTC: `09:32:10.250`. */
export function formatTimeOfDay(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(11, 23);
}

/** An instant in UTC: `2026-08-14 09:30:00 UTC`; a text that is not an instant as it is. */
export function formatInstant(instant: string): string {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return instant;
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
