import type { FleetHandle } from './fleet/contract.js';
import type { JsonObject, JsonValue } from './json.js';
import { JsonNumber } from './json-number.js';
import { childVariants, declaredProperty, variants, type JsonSchema, type Variant } from './json-schema.js';

/** What stands where a secret was. */
const redacted = '[redacted]';

const secretName = /authorization|token|secret|password|api[-_]?key|cookie|subscription-key|credential/i;
const shortestSecret = 4;

/**
 * A function that replaces every occurrence of the values by `[redacted]`: as they are, and as JSON, a URL or base64
 * writes them, also inside a longer base64 text such as that of Basic authentication. Values shorter than 4
 * characters are ignored: they would turn ordinary words into nonsense.
 */
export function createRedactor(values: Iterable<string>): (text: string) => string {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < shortestSecret) continue;
    for (const form of formsOf(value)) if (form.length >= shortestSecret) forms.add(form);
  }
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    'g',
  );
  return (text) => text.replace(pattern, redacted);
}

/**
 * A redactor of what a fleet knows: its secrets, and the password of its login.
 *
 * @param others Values that must not be shown besides.
 */
export function redactorOf(
  { login, secrets }: Pick<FleetHandle, 'login' | 'secrets'>,
  others: readonly string[] = [],
): (text: string) => string {
  return createRedactor([login.password, ...secrets, ...others]);
}

/** `Authorization: Bearer x`, `"token":"x"`, `password=x`, and a login in a URL. */
const credentials = [
  /\b(?:Basic|Bearer|Token) +[\w.~+/=-]{4,}/gi,
  /(?<=[\w-]*(?:authorization|token|secret|password|api-?key|subscription-key|cookie)[\w-]*["']?\s*[:=]\s*["']?)[^\s"',;&}\]]{4,}/gi,
  /(?<=\b\w+:\/\/)[^\s/@"']+:[^\s/@"']+(?=@)/gi,
];

/**
 * A function for texts that nobody knows beforehand, such as causes of errors: replaces the values of variables whose names
 * speak of a secret, and everything that looks like a credential.
 *
 * @param environment Variables by name.
 */
export function createCautiousRedactor(
  environment: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const named = Object.entries(environment).flatMap(([name, value]) =>
    secretName.test(name) && value !== undefined ? [value] : [],
  );
  const redactKnown = createRedactor([...named, environment['AWS_ACCESS_KEY_ID'] ?? '']);
  return (text) => credentials.reduce((safe, pattern) => safe.replace(pattern, redacted), redactKnown(text));
}

function formsOf(value: string): string[] {
  const url = encodeURIComponent(value);
  const lowerCaseUrl = url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    url,
    lowerCaseUrl,
    url.replaceAll('%20', '+'),
    ...base64Forms(value),
  ];
}

/** Base64 of a text, alone and at each of the three places where it can begin inside the base64 of a longer text. */
function base64Forms(value: string): string[] {
  const whole = Buffer.from(value).toString('base64');
  const inside = [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    // Only the characters that hold nothing but bits of the value are the same in every longer text.
    const encoded = bytes
      .toString('base64')
      .slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
    return encoded.length >= 2 * shortestSecret ? encoded : '';
  });
  const standard = [whole, whole.replace(/=+$/, ''), ...inside];
  return [...standard, ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

/**
 * Options as they may be shown: each property that the schema marks `writeOnly: true`, at any depth, and each text in
 * a free-form map (headers) whose name speaks of a secret is replaced by `[redacted]`.
 */
export function redactOptions(jsonSchema: JsonSchema, options: unknown): JsonObject {
  return mapSecrets(jsonSchema, options, () => redacted) as JsonObject;
}

/** The texts that {@link redactOptions} would replace; of `Bearer x` also `x` alone. */
export function collectSecrets(jsonSchema: JsonSchema, options: unknown): string[] {
  const found = new Set<string>();
  mapSecrets(jsonSchema, options, (secret) => {
    for (const text of textsOf(secret)) {
      found.add(text);
      const credentials = /^(?:Basic|Bearer|Token) +(\S+)$/i.exec(text)?.[1];
      if (credentials) found.add(credentials);
    }
    return redacted;
  });
  return [...found];
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || value instanceof JsonNumber) return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function mapSecrets(root: JsonSchema, options: unknown, replace: (secret: unknown) => JsonValue): JsonValue {
  const map = (value: unknown, described: readonly Variant[]): JsonValue => {
    if (described.some(({ schema }) => schema.writeOnly === true)) return replace(value);
    if (Array.isArray(value))
      return value.map((item, index) => map(item, childVariants(root, described, index)));
    if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value as JsonValue;
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
      entries.map(([key, item]) => {
        const children = childVariants(root, described, key);
        const secret =
          typeof item === 'string' && secretName.test(key) && isFreeForm(described, children, key);
        return [key, secret ? replace(item) : map(item, children)];
      }),
    );
  };
  return map(options, variants(root, root));
}

/** True for a name that no schema declares, unless the map is arbitrary JSON: a payload's `token` is not a secret. */
function isFreeForm(parents: readonly Variant[], children: readonly Variant[], key: string): boolean {
  return (
    !children.some((child) => child.recursive) && !parents.some(({ schema }) => declaredProperty(schema, key))
  );
}

/** A copy of a document in which every string, keys aside, has passed through `redact`. */
export function redactStrings<Document>(document: Document, redact: (text: string) => string): Document {
  return mapStrings(document, redact) as Document;
}

function mapStrings(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, redact));
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, redact)]));
}
