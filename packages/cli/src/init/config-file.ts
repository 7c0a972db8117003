import { stringify } from 'yaml';

/** The formats that `loadwright init` writes. */
export const configFormats = ['ts', 'json', 'yaml'] as const;

export type ConfigFormat = (typeof configFormats)[number];

/** Of a first test. */
export const firstLoad: Readonly<Record<string, unknown>> = {
  users: 20,
  spawnRate: 5,
  duration: '1m',
  waitTime: { min: '50ms', max: '150ms' },
};

/**
 * A first test: small enough for any service, and long enough to mean something. It says nothing of workers: one is
 * enough for it on this machine, and a fleet elsewhere has as many as suit it.
 */
export function firstConfig(
  kind: string,
  options: Readonly<Record<string, unknown>>,
  load: Readonly<Record<string, unknown>> = firstLoad,
) {
  return {
    target: { kind, ...options },
    load,
    thresholds: {
      http_req_failed: ['rate<0.01'],
      http_req_duration: ['p(95)<500'],
    },
  };
}

const howToRun = [
  'A load test for "loadwright run". The first time, without the real service: "loadwright run --emulator".',
  'Options of the target: "loadwright targets show KIND". Everything resolved: "loadwright config print".',
];

/**
 * The text of a configuration file.
 *
 * @param typesFrom the module that has the type of a configuration
 */
export function formatConfig(
  config: ReturnType<typeof firstConfig>,
  format: ConfigFormat,
  typesFrom = '@loadwright/cli/config',
): string {
  const comments = howToRun.map((line) => line.replace('KIND', config.target.kind));
  switch (format) {
    case 'json':
      return `${JSON.stringify(config, undefined, 2)}\n`;
    case 'yaml':
      return `${comments.map((line) => `# ${line}\n`).join('')}${stringify(config)}`;
    case 'ts':
      // The import is of a type, so the file also runs where the module is not installed beside it.
      return [
        `import type { LoadwrightConfig } from '${typesFrom}';`,
        '',
        ...comments.map((line) => `// ${line}`),
        `export default ${formatLiteral(config)} satisfies LoadwrightConfig;`,
        '',
      ].join('\n');
  }
}

/** JSON as one writes it in TypeScript: names and texts as prettier quotes them, on one line what fits there. */
function formatLiteral(value: unknown, indent = ''): string {
  if (typeof value === 'string') return /['\\\n]/.test(value) ? JSON.stringify(value) : `'${value}'`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => formatLiteral(item, inner))
    : Object.entries(value).map(([name, item]) => {
        const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : formatLiteral(name);
        return `${key}: ${formatLiteral(item, inner)}`;
      });
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{ ', ' }'];
  const flat = `${open}${items.join(', ')}${close}`;
  if (indent !== '' && flat.length <= 70 && !flat.includes('\n')) return flat;
  return `${open.trim()}\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}${close.trim()}`;
}
