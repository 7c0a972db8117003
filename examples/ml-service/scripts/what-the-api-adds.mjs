import { writeFileSync } from 'node:fs';

const rows = [
  ['median', 'median'],
  ['p95', 'p95'],
  ['slowest', 'maximum'],
];
const milliseconds = (value) => `${value.toFixed(1)} ms`;

const note =
  'Both loads were 10 requests/s. The API was served by `chalice local`: API Gateway and Lambda are not in these ' +
  'figures. Measure them by deploying the API, and setting API_URL.';

/**
 * The latencies of the endpoint and of the API before it, side by side.
 *
 * @param {object} endpoint, api: reports, as `loadwright run --json` prints them
 * @returns {string} for a terminal
 */
export function compareApi(endpoint, api) {
  const lines = rows.map(([title, name]) => {
    const [alone, through] = [endpoint.total[name], api.total[name]];
    return [title, ...[alone, through, through - alone].map(milliseconds)];
  });
  const verdicts = ['verdict', endpoint.verdict, api.verdict, ''];
  const isTrusted = [endpoint, api].every(({ verdict }) => verdict !== 'INVALID');
  return {
    lines: [['', 'endpoint', 'API', 'the API adds'], ...lines, verdicts],
    note: isTrusted ? note : `These figures cannot be trusted: see why in the reports. ${note}`,
  };
}

/** @param {string} file */
export function writePage(file, { lines, note: text }, links) {
  const cells = (values, name) => values.map((value) => `<${name}>${value}</${name}>`).join('');
  const [head, ...body] = lines;
  writeFileSync(
    file,
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What the API adds</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { padding: 0.4rem 0.6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8886; }
  th:first-child, td:first-child { text-align: left; }
  @media (max-width: 30rem) { th, td { padding: 0.4rem 0.2rem; } }
</style>
<h1>What the API adds</h1>
<table>
<thead><tr>${cells(head, 'th')}</tr></thead>
<tbody>
${body.map((line) => `<tr>${cells(line, 'td')}</tr>`).join('\n')}
</tbody>
</table>
<p>${text.replaceAll(/`([^`]*)`/g, '<code>$1</code>')}</p>
<ul>
${links.map(([title, href]) => `<li><a href="${href}">${title}</a></li>`).join('\n')}
</ul>
</html>
`,
  );
}

/** As a table of a terminal. */
export function asText({ lines, note: text }) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const row = (line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ');
  return `${lines.map(row).join('\n')}\n\n${text}\n`;
}
