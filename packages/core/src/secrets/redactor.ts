import type { FleetHandle } from '../fleet/contract.js';
import { JsonNumber } from '../values/json-number.js';
import { isSecretName, secretNamePattern, withoutLogins } from './names.js';

/** The text that replaces a secret. */
export const redacted = '[redacted]';

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

/**
 * `Authorization: Bearer x`, `"token":"x"`, `password=x`. Whether a value begins is asked before what stands in front of it: else a
 * text of many blanks would take its length squared.
 */
const credentials = [
  /\b(?:Basic|Bearer|Token) +[\w.~+/=-]{4,}/gi,
  new RegExp(
    `(?=[^\\s"',;&}\\]])(?<=(?:${secretNamePattern})[\\w-]*["']?\\s*[:=]\\s*["']?)[^\\s"',;&}\\]]{4,}`,
    'gi',
  ),
];

/** A text without what looks like a credential: a header, a field, a parameter, the login of a URL. */
export function withoutCredentials(text: string): string {
  return credentials.reduce(
    (safe, pattern) => safe.replace(pattern, redacted),
    withoutLogins(text, redacted),
  );
}

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
    isSecretName(name) && value !== undefined ? [value] : [],
  );
  const redactKnown = createRedactor([...named, environment['AWS_ACCESS_KEY_ID'] ?? '']);
  return (text) => withoutCredentials(redactKnown(text));
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
