import { expect, test } from 'vitest';
import * as format from './format.js';

/** Thin spaces as underscores, to be seen. */
const seen = (text: string) => text.replaceAll('\u202F', '_');

test.each([
  [format.formatNumber(1_432_022), '1_432_022'],
  [format.formatFigure(3.4567), '3.46'],
  [format.formatFigure(476.7), '477'],
  [format.formatMilliseconds(86), '86_ms'],
  [format.formatMilliseconds(9_999), '9_999_ms'],
  [format.formatMilliseconds(12_440), '12.4_s'],
  [format.formatMilliseconds(null), '–'],
  [format.formatRatio(0), '0_%'],
  [format.formatRatio(0.00001), '<_0.01_%'],
  [format.formatRatio(0.0059), '0.59_%'],
  [format.formatRatio(0.99999), '99.99_%'],
  [format.formatRatio(0.7), '70.0_%'],
  [format.formatRatio(1), '100_%'],
  [format.shorten('abcdef', 4), 'abc…'],
  [format.shorten('abcd', 4), 'abcd'],
  [format.formatBytes(106.4), '106_B'],
  [format.formatBytes(5_240), '5.2_kB'],
  [format.formatBytes(1_340_000), '1.3_MB'],
  [format.formatMeasured(200.04, 'ms'), '200.04_ms'],
  [format.formatMeasured(0.0101, ''), '1.01_%'],
  [format.formatMeasured(null, 'ms'), 'nothing'],
  [format.formatClock(65), '1:05'],
  [format.formatClock(3_723), '1:02:03'],
  [format.formatLength(20), '20_s'],
  [format.formatLength(5400), '1_h 30_min'],
  [format.formatLength(0), '0_s'],
  [format.formatInstant('2026-08-14T09:30:00.000Z'), '2026-08-14 09:30:00 UTC'],
  [format.formatInstant('2026-08-14T11:30:00+02:00'), '2026-08-14 09:30:00 UTC'],
])('%j', (text, expected) => {
  expect(seen(text)).toBe(expected);
});
