/** One value of an export in the text format of Prometheus, or in OpenMetrics. */
export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite. */
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)/;
const label = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g;

/**
 * The values of an export, in the order of its lines. Comments, times and exemplars are left out, and so is every line that is no
 * sample. Source: prometheus.io, "Exposition formats"; OpenMetrics 1.0.
 */
export function parsePrometheus(text: string): PrometheusSample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = sampleLine.exec(line.trim()) ?? [];
    if (name === undefined || value === undefined) return [];
    const number = numberOf(value);
    if (number === undefined) return [];
    const found = [...labels.matchAll(label)].map(([, key, quoted]) => [key!, unescaped(quoted!)] as const);
    return [{ name, labels: Object.fromEntries(found), value: number }];
  });
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isNaN(value) && text.toLowerCase() !== 'nan' ? undefined : value;
}

const unescaped = (text: string) =>
  text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
