/** Numbers as people read them. */

const grouped = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: true });

/** Three significant digits; whole above 1,000. */
export const number = (value) =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : grouped.format(value);

/** `12.8 (12.1–14)`: the median, and the least and the most where there were several rounds. */
export function spread({ median, minimum, maximum, rounds }, scale = 1) {
  const range = rounds > 1 ? ` (${number(minimum * scale)} – ${number(maximum * scale)})` : '';
  return `${number(median * scale)}${range}`;
}

export const bound = ({ atLeast, limit, unit }) =>
  `${atLeast ? '≥' : '≤'} ${number(limit)}${unit ? ` ${unit}` : ''}`;
