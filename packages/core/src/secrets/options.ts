import { LoadwrightError } from '../errors.js';
import type { JsonObject, JsonValue } from '../values/json.js';
import { JsonNumber } from '../values/json-number.js';
import { takesJsonNumbers } from '../values/json-value-schema.js';
import {
  childVariants,
  declaredProperty,
  variants,
  type JsonSchema,
  type Variant,
} from '../values/json-schema.js';
import { isCredential, isSecretName, withoutLogins } from './names.js';
import { redacted } from './redactor.js';

/** Why a value of the options is a secret. */
type Kind =
  /** The schema marks it: `writeOnly`. */
  | 'marked'
  /** Its name in a free-form map speaks of one. */
  | 'name'
  /** It looks like one. */
  | 'form'
  /** A URL with a user or a password. */
  | 'login'
  /** A URL with a parameter whose name speaks of one. */
  | 'parameter';

interface Found {
  readonly kind: Kind;
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** The value as it may be shown. */
  readonly shown: JsonValue;
}

/**
 * Options as they may be shown: each property that the schema marks `writeOnly: true`, at any depth, and each text that
 * is a secret by its name in a free-form map (headers) or by its form is replaced by `[redacted]`.
 */
export function redactOptions(jsonSchema: JsonSchema, options: unknown): JsonObject {
  return mapSecrets(jsonSchema, options, () => {}) as JsonObject;
}

/** The texts that {@link redactOptions} would replace; of `Bearer x` also `x` alone. */
export function collectSecrets(jsonSchema: JsonSchema, options: unknown): string[] {
  const found = new Set<string>();
  mapSecrets(jsonSchema, options, ({ kind, value }) => {
    for (const text of textsOf(value)) {
      if (kind === 'login' || kind === 'parameter') {
        for (const part of partsOf(text)) found.add(part);
        continue;
      }
      found.add(text);
      const credentials = /^(?:Basic|Bearer|Token) +(\S+)$/i.exec(text)?.[1];
      if (credentials) found.add(credentials);
    }
  });
  return [...found];
}

const reasons: Readonly<Record<Exclude<Kind, 'marked'>, string>> = {
  name: 'its name says that the value is a secret, and options are written to files',
  form: 'the value looks like a credential, and options are written to files',
  login: 'a URL here must hold no user or password',
  parameter: 'a URL here must hold no secret, and the name of a parameter speaks of one',
};

/**
 * Refuses options that hold a secret where the target has no place for one: they reach files. Values that the redactor
 * hides are never options.
 *
 * @param describePath Writes a path as a user knows it.
 * @throws LoadwrightError `CONFIG_INVALID`, one line for each; no line holds the value.
 */
export function refusePlainSecrets(
  jsonSchema: JsonSchema,
  options: unknown,
  { kind, describePath }: { kind: string; describePath: (path: readonly (string | number)[]) => string },
): void {
  // A schema that cannot describe itself cannot mark its secrets either: there the bundle is searched.
  const isDescribed = Object.keys(jsonSchema).length > 0;
  const lines: string[] = [];
  mapSecrets(jsonSchema, options, (found) => {
    if (found.kind === 'marked' || (found.kind === 'name' && !isDescribed)) return;
    lines.push(`${describePath(found.path)}: ${reasons[found.kind]}`);
  });
  if (lines.length === 0) return;
  throw new LoadwrightError('CONFIG_INVALID', lines.join('\n'), {
    hint: 'Put the secret into an environment variable that the target reads.',
    next: [{ action: 'show-target', kind }],
  });
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || value instanceof JsonNumber) return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function mapSecrets(root: JsonSchema, options: unknown, onSecret: (found: Found) => void): JsonValue {
  const hide = (found: Found): JsonValue => {
    onSecret(found);
    return found.shown;
  };
  const map = (
    value: unknown,
    described: readonly Variant[],
    path: readonly (string | number)[],
  ): JsonValue => {
    if (described.some(({ schema }) => schema.writeOnly === true))
      return hide({ kind: 'marked', path, value, shown: redacted });
    if (typeof value === 'string' && !isArbitrary(described)) {
      const found = secretIn(value);
      return found ? hide({ ...found, path, value }) : value;
    }
    if (Array.isArray(value))
      return value.map((item, index) => map(item, childVariants(root, described, index), [...path, index]));
    if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value as JsonValue;
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
      entries.map(([key, item]) => {
        const children = childVariants(root, described, key);
        const here = [...path, key];
        const ofVariable = variablePatterns(children);
        const secret =
          typeof item === 'string' &&
          (ofVariable.length > 0
            ? // What cannot be the name of a variable is most likely its value.
              !ofVariable.some((pattern) => pattern.test(item))
            : isSecretName(key) && isFreeForm(described, children, key));
        return [
          key,
          secret
            ? hide({ kind: 'name', path: here, value: item, shown: redacted })
            : map(item, children, here),
        ];
      }),
    );
  };
  return map(options, variants(root, root), []);
}

/** A parameter of a URL or path with a secret in it. Short numbers are none: `max_token=100`. */
const parameter = /(?<=[?&])([^=&#\s]+)=(?!\d{1,5}(?:[&#]|$))([^&#\s]{4,})/g;

function secretIn(text: string): Pick<Found, 'kind' | 'shown'> | undefined {
  if (isCredential(text)) return { kind: 'form', shown: redacted };
  const anonymous = withoutLogins(text, redacted);
  if (anonymous !== text) return { kind: 'login', shown: anonymous };
  const bare = withoutParameters(text);
  return bare === text ? undefined : { kind: 'parameter', shown: bare };
}

function withoutParameters(text: string): string {
  if (!/^(?:https?:\/)?\//i.test(text)) return text;
  return text.replace(parameter, (whole, name: string) =>
    isSecretName(name) ? `${name}=${redacted}` : whole,
  );
}

/** What of a URL is secret: user and password, together and alone, and the values of parameters. */
function partsOf(text: string): string[] {
  const login = /:\/\/([^\s/?#"'<>]*)@/.exec(text)?.[1] ?? '';
  const parameters = [...text.matchAll(parameter)].filter(([, name]) => isSecretName(name ?? ''));
  return [login, ...login.split(':'), ...parameters.map(([, , value]) => value ?? '')].filter(
    (part) => part !== '',
  );
}

/** Where a schema wants the name of an environment variable: how such a name looks. */
function variablePatterns(described: readonly Variant[]): RegExp[] {
  return described
    .filter(({ schema }) => schema['format'] === 'environment-variable')
    .map(({ schema }) => new RegExp(typeof schema['pattern'] === 'string' ? schema['pattern'] : ''));
}

/** True for arbitrary JSON, such as a payload: what it says is not known to be a secret. */
function isArbitrary(described: readonly Variant[]): boolean {
  return described.some(({ recursive, schema }) => recursive || takesJsonNumbers(schema));
}

/** True for a name that no schema declares, unless the map is arbitrary JSON: a payload's `token` is not a secret. */
function isFreeForm(parents: readonly Variant[], children: readonly Variant[], key: string): boolean {
  return (
    !children.some((child) => child.recursive) && !parents.some(({ schema }) => declaredProperty(schema, key))
  );
}
