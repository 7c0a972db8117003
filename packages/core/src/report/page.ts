import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Chart } from './chart.js';

const template = (name: string) => fileURLToPath(new URL(`./template/${name}`, import.meta.url));
const chartLibrary = (name: string) => createRequire(import.meta.url).resolve(`uplot/dist/${name}`);

/** In the order in which they override each other. */
const styleSheets = [
  'tokens.css',
  'report.css',
  'tables.css',
  'failures.css',
  'charts.css',
  'forest.css',
  'print.css',
];

/**
 * A page that needs no other file and no network. Its content security policy lets nothing run but the script that is written
 * there, so that no text on it, hostile or not, becomes more than text.
 *
 * @param name The template's: `report` for `report.eta`.
 * @param more Further scripts, and what else its policy allows.
 */
export async function renderPage(
  name: string,
  charts: readonly Chart[],
  values: object,
  more: { readonly scripts?: readonly string[]; readonly allowed?: readonly string[] } = {},
): Promise<string> {
  const [style, script] = await Promise.all([
    readTogether([chartLibrary('uPlot.min.css'), ...styleSheets.map((name) => template(`styles/${name}`))]),
    readTogether([
      chartLibrary('uPlot.iife.min.js'),
      template('scripts/charts.js'),
      ...(more.scripts ?? []).map((name) => template(`scripts/${name}`)),
    ]),
  ]);
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    ...(more.allowed ?? []),
  ].join('; ');
  const data = embed(charts.map(drawable));
  return new Eta({ views: template('') }).render(`./${name}.eta`, { ...values, style, script, policy, data });
}

/** A part of a page. */
export function renderPart(name: string, values: object): string {
  return new Eta({ views: template('') }).render(`./${name}.eta`, values);
}

async function readTogether(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('\n');
}

/** A source expression of a content security policy: what has this digest may run. */
function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** What `charts.js` needs of a chart; texts it reads from the tables. */
function drawable({ series, ...chart }: Chart) {
  const { id, kind, unit, acrossUnit, x, edges, markers, spans, ribbon, bands, stacked, atLeast } = chart;
  const drawn = series.filter(({ tone }) => tone !== undefined);
  return {
    ...{ id, kind, unit, acrossUnit, x, edges, markers, spans, ribbon, bands, stacked, atLeast },
    series: drawn.map(({ tone, values }) => ({ tone, values })),
  };
}

/** JSON inside a script element: without `<` nothing in it can end the element. */
function embed(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
