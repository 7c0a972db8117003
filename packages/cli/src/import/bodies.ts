import type { SecretKeeper } from './secrets.js';

interface Written {
  readonly options: { body?: unknown; payloads?: unknown };
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The bodies of one route: a single JSON value stands in the configuration, where it keeps every digit; all else goes into files of
 * payloads, byte for byte but for secrets.
 */
export function bodyOf(
  route: string,
  contentType: string,
  bodies: readonly string[],
  secrets: SecretKeeper,
): Written {
  const base = route
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  if (/[/+]json\b/i.test(contentType)) {
    const lines = bodies.map((text) => jsonLine(text, route, secrets));
    const [only] = lines;
    if (new Set(lines).size === 1 && only !== undefined && isKept(only)) {
      return { options: { body: JSON.parse(only) as unknown }, files: {} };
    }
    const file = `${base}.jsonl`;
    return { options: { payloads: `./${file}` }, files: { [file]: `${lines.join('\n')}\n` } };
  }
  const isForm = contentType.toLowerCase().startsWith('application/x-www-form-urlencoded');
  const texts = [...new Set(bodies.map((text) => (isForm ? secrets.form(text, route) : text)))];
  const files = Object.fromEntries(
    texts.map((text, index) => [`${base}${texts.length > 1 ? `-${index + 1}` : ''}.body`, text]),
  );
  const sources = Object.keys(files).map((file) => ({ file: `./${file}`, format: 'binary', contentType }));
  const payloads = sources.length === 1 ? sources[0] : sources.map((source) => ({ source }));
  return { options: { payloads }, files };
}

/** A JSON text on one line, as it was written: a line break in one stands between values alone. */
function jsonLine(text: string, route: string, secrets: SecretKeeper): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    secrets.notes.add(`${route}: a body is not valid JSON, and is sent as it is`);
    return text;
  }
  const cleaned = secrets.json(value, route);
  if (JSON.stringify(cleaned) !== JSON.stringify(value)) return JSON.stringify(cleaned);
  return text.trim().replace(/\s*\r?\n\s*/g, ' ');
}

/** Whether a configuration may hold it: its numbers are not respelled, and nothing in it looks like a generator. */
function isKept(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    const blank = (json: string) => json.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\s+/g, '');
    return blank(JSON.stringify(value)) === blank(text) && !text.includes('"$');
  } catch {
    return false;
  }
}
