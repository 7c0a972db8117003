/** A chart of bars as plain SVG. */
import { number } from './text.mjs';

const colours = { plain: '#2563eb', tls: '#0d9488' };
const names = { plain: 'plain HTTP', tls: 'TLS' };
const width = 890;
const left = 320;
const right = 90;
const barHeight = 14;
const groupGap = 10;
const top = 64;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * @param {{ label: string, plain?: number, tls?: number }[]} rows requests/s a core
 * @returns {string} on a logarithmic scale, for the values are a hundredfold apart
 */
export function chart(rows) {
  const values = rows.flatMap(({ plain, tls }) => [plain, tls]).filter((value) => value !== undefined);
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const length = (value) => ((width - left - right) * Math.log(value / low)) / Math.log(high / low);
  const groupHeight = 2 * barHeight + groupGap;
  const height = top + rows.length * groupHeight + 10;

  const decades = Array.from(
    { length: Math.round(Math.log10(high / low)) + 1 },
    (_, index) => low * 10 ** index,
  );
  const grid = decades.map((value) => {
    const x = left + length(value);
    return `<path d="M${x} ${top - 8}V${height - 10}" stroke="#d4d4d8"/><text x="${x}" y="${top - 14}" text-anchor="middle" fill="#71717a">${number(value)}</text>`;
  });
  const bars = rows.flatMap((row, index) => {
    const y = top + index * groupHeight;
    const label = `<text x="${left - 10}" y="${y + barHeight + 4}" text-anchor="end">${escape(row.label)}</text>`;
    const drawn = ['plain', 'tls'].map((transport, place) => {
      if (row[transport] === undefined) return '';
      const size = length(row[transport]).toFixed(1);
      const barTop = y + place * barHeight;
      return `<rect x="${left}" y="${barTop}" width="${size}" height="${barHeight - 2}" fill="${colours[transport]}"/><text x="${left + Number(size) + 6}" y="${barTop + 10}" font-size="11">${number(row[transport])}</text>`;
    });
    return [label, ...drawn];
  });
  const legend = Object.entries(names).map(
    ([transport, name], index) =>
      `<rect x="${left + index * 110}" y="12" width="12" height="12" fill="${colours[transport]}"/><text x="${left + 18 + index * 110}" y="22">${name}</text>`,
  );
  const title = 'Requests a second of one core of the client, at 32 connections, on a logarithmic scale';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="${title}">`,
    `<title>${title}</title><rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...legend,
    ...grid,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}
