/** A line chart as SVG, readable at the width of a phone, in light and in dark. */

const width = 520;
const height = 320;
const area = { left: 64, right: 16, top: 58, bottom: 48 };

const style = `
text { font: 15px system-ui, sans-serif; fill: #24292f }
.grid { stroke: #d0d7de } .mark { stroke: #57606a; stroke-dasharray: 4 4 }
.line { fill: none; stroke-width: 2.5 }
.tone1 { stroke: #0969da } .tone2 { stroke: #bc4c00 } .tone3 { stroke: #6e7781; stroke-dasharray: 7 5 }
.page { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .page { fill: #0d1117 } .grid { stroke: #30363d } .mark { stroke: #9198a1 }
  .tone1 { stroke: #58a6ff } .tone2 { stroke: #f0883e } .tone3 { stroke: #9198a1 }
}`;

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const round = (value) => Math.round(value * 10) / 10;

/**
 * @param lines `points` are pairs of x and y; `tone` 1 to 3.
 * @param marks `at`: of x; `across`: of y.
 */
export function chart({ title, x, y, lines, marks }) {
  const scale =
    ({ limits: [low, high] }, from, to) =>
    (value) =>
      round(from + ((Math.min(value, high) - low) / (high - low)) * (to - from));
  const across = scale(x, area.left, width - area.right);
  const up = scale(y, height - area.bottom, area.top);
  const [left, right, top, bottom] = [area.left, width - area.right, area.top, height - area.bottom];
  let legendAt = left;
  const words = title.match(/.{1,62}(?:\s|$)/g).map((part) => part.trim());
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + 16 * (words.length - 1)}" viewBox="0 ${-16 * (words.length - 1)} ${width} ${height + 16 * (words.length - 1)}" role="img" aria-label="${escape(title)}">`,
    `<style>${style}</style>`,
    `<rect class="page" y="-40" width="${width}" height="${height + 40}"/>`,
    ...words.map(
      (part, index) => `<text x="8" y="${20 - 16 * (words.length - 1 - index)}">${escape(part)}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${left} ${up(tick)}H${right}"/><text x="${left - 8}" y="${up(tick) + 5}" text-anchor="end">${tick}</text>`,
    ),
    ...x.ticks.map(
      (tick) => `<text x="${across(tick)}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`,
    ),
    `<text x="${right}" y="${bottom + 40}" text-anchor="end">${escape(x.title)}</text>`,
    `<text x="8" y="${bottom + 40}">${escape(y.title)} ↑</text>`,
    ...marks.map(({ at, across: level, name }) =>
      at === undefined
        ? `<path class="mark" d="M${left} ${up(level)}H${right}"/><text x="${left + 6}" y="${up(level) - 6}">${name}</text>`
        : `<path class="mark" d="M${across(at)} ${top}V${bottom}"/><text x="${across(at) + 6}" y="${top + 16}">${name}</text>`,
    ),
    ...lines.map(({ name, points, tone }) => {
      const path = points
        .map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${across(px)} ${up(py)}`)
        .join('');
      const legend = `<path class="line tone${tone}" d="M${legendAt} 40h22"/><text x="${legendAt + 28}" y="45">${escape(name)}</text>`;
      legendAt += 56 + 8.2 * name.length;
      return `<path class="line tone${tone}" d="${path}"/>${legend}`;
    }),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}
