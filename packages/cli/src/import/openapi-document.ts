import { LoadwrightError, messageOf } from '@loadwright/core';

/** Operations by method, and what they share. */
export type PathItem = Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;

/** In the order of OpenAPI. */
export const methods = ['get', 'put', 'post', 'patch', 'head', 'options', 'delete'] as const;

/** Where other parts of a description are referred to: of OpenAPI 3, and of Swagger 2. */
const shared = ['components', 'definitions', 'parameters', 'responses'] as const;

/** An operation of a description that is not valid, and why. */
export interface InvalidOperation {
  readonly name: string;
  readonly reason: string;
}

/**
 * Reads a description in OpenAPI 3 or Swagger 2. What is not valid in one operation, or in what it alone refers to, does not keep the
 * others from being read.
 *
 * @returns the document, as OpenAPI 3 and with its references resolved, without the operations that are not valid
 * @throws LoadwrightError `USAGE` when no operation of it is valid.
 */
export async function readDocument(
  text: string,
): Promise<{ document: Json; invalid: readonly InvalidOperation[] }> {
  const { dereference, upgrade } = await import('@scalar/openapi-parser');
  const { parse } = await import('yaml');
  let parsed: unknown;
  try {
    // JSON is YAML as well.
    parsed = parse(text);
  } catch (error) {
    throw wrong(messageOf(error).split('\n')[0]!);
  }
  if (!isObject(parsed)) throw wrong('it holds no document');
  const violations = await violationsOf(parsed);
  const { document, invalid } =
    violations.length === 0 ? { document: parsed, invalid: [] } : await validPart(parsed, violations);
  const { schema } = dereference(upgrade(structuredClone(document)).specification);
  return { document: schema as Json, invalid };
}

/** An operation, or all of a path that is no list of operations. */
interface Unit {
  readonly path: string;
  readonly method?: string;
  /** Where the unit is, and everything that it refers to. */
  readonly pointers: ReadonlySet<string>;
  /** What it refers to and is not there. */
  readonly missing: string | undefined;
}

interface Violation {
  readonly message: string;
  /** A JSON pointer. */
  readonly path?: string;
}

/** The document without the operations that are not valid, or refer to what is not. */
async function validPart(
  document: Json,
  found: readonly Violation[],
): Promise<{ document: Json; invalid: InvalidOperation[] }> {
  const invalid: InvalidOperation[] = [];
  const leaveOut = ({ method, path }: Unit, reason: string) =>
    invalid.push({ name: [method?.toUpperCase(), path].filter(Boolean).join(' '), reason });
  let units = unitsOf(document).filter((unit) => {
    if (unit.missing !== undefined) leaveOut(unit, `it refers to ${unit.missing}, which is not in it`);
    return unit.missing === undefined;
  });
  for (;;) {
    const part = reduced(document, units);
    const violations = units.length === 0 ? found : await violationsOf(part);
    if (violations.length === 0) return { document: part, invalid };
    const reasons = new Map(units.map((unit) => [unit, violations.filter(concerns(unit, violations))]));
    const left = units.filter((unit) => reasons.get(unit)!.length > 0);
    if (left.length === 0) throw wrong(described(violations));
    for (const unit of left) leaveOut(unit, described(reasons.get(unit)!));
    units = units.filter((unit) => !left.includes(unit));
  }
}

function unitsOf(document: Json): Unit[] {
  if (!isObject(document['paths'])) return [];
  return Object.entries(document['paths']).flatMap(([path, item]) => {
    const own = `/paths/${escaped(path)}`;
    const found = isObject(item) ? methods.filter((method) => Object.hasOwn(item, method)) : [];
    if (found.length === 0) return [{ path, ...reach(document, item, own) }];
    return found.map((method) => {
      const part = withoutOthers(item as Json, method);
      return { path, method, ...reach(document, part, `${own}/${method}`) };
    });
  });
}

/**
 * Whether a violation is one of this unit. One of a path as a whole, which the validator also reports for each violation in one of its
 * operations, counts only where there is nothing more exact.
 */
function concerns({ method, path, pointers }: Unit, all: readonly Violation[]) {
  const whole = `/paths/${escaped(path)}`;
  const isExact = (at: string) => methods.some((other) => within(at, `${whole}/${other}`));
  const hasExact = all.some(({ path: at }) => at !== undefined && isExact(at));
  return ({ message, path: at }: Violation): boolean => {
    if (at === undefined) return false;
    if (at === '/paths') return message.includes(`Property ${path} `);
    if (within(at, whole) && !(method !== undefined && isExact(at))) return !hasExact;
    return [...pointers].some((pointer) => within(at, pointer));
  };
}

/** Where a part is, and what it refers to, all the way down. */
function reach(document: Json, part: unknown, own: string): Pick<Unit, 'pointers' | 'missing'> {
  const pointers = new Set([own]);
  let missing: string | undefined;
  const follow = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(follow);
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      if (name !== '$ref' || typeof member !== 'string') follow(member);
      else if (!pointers.has(member.slice(1))) {
        const referred = member.startsWith('#/') ? pointed(document, member) : undefined;
        if (referred === undefined) missing ??= member;
        pointers.add(member.slice(1));
        follow(referred);
      }
    }
  };
  follow(part);
  return { pointers, missing };
}

/** The document with these units alone, and with what they refer to. */
function reduced(document: Json, units: readonly Unit[]): Json {
  const items = (document['paths'] ?? {}) as Json;
  const paths: Record<string, unknown> = {};
  for (const { method, path } of units) {
    const item = items[path];
    paths[path] =
      method === undefined ? item : { ...(paths[path] as Json), ...withoutOthers(item as Json, method) };
  }
  const kept = [...new Set(units.flatMap(({ pointers }) => [...pointers]))];
  const whole: Record<string, unknown> = { ...document, paths };
  for (const name of shared) {
    const part = whole[name];
    if (isObject(part)) whole[name] = pruned(part, `/${name}`, kept);
  }
  return whole;
}

/** Of parts by name, and of groups of them, those that are referred to. Security is referred to by name. */
function pruned(parts: Json, pointer: string, kept: readonly string[]): Json {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, part]): [string, unknown][] => {
      const own = `${pointer}/${escaped(name)}`;
      if (own === '/components/securitySchemes') return [[name, part]];
      if (pointer === '/components') return [[name, isObject(part) ? pruned(part, own, kept) : part]];
      return kept.some((reference) => within(reference, own)) ? [[name, part]] : [];
    }),
  );
}

function withoutOthers(item: Json, method: string): Json {
  const others: readonly string[] = methods.filter((other) => other !== method);
  return Object.fromEntries(Object.entries(item).filter(([name]) => !others.includes(name)));
}

function within(pointer: string, whole: string): boolean {
  return pointer === whole || pointer.startsWith(`${whole}/`);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function pointed(document: Json, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), document);
}

async function violationsOf(document: Json): Promise<readonly Violation[]> {
  const { validate } = await import('@scalar/openapi-parser');
  const print = console.error;
  // The validator prints what it cannot describe. It is done when it returns.
  console.error = () => undefined;
  let checked: ReturnType<typeof validate>;
  try {
    checked = validate(structuredClone(document));
  } finally {
    console.error = print;
  }
  const { errors = [], valid } = await checked;
  if (valid) return [];
  return errors.map(({ message, path }) => ({ message, ...(path && { path: String(path) }) }));
}

/** The first of them, on one line. */
function described(violations: readonly Violation[]): string {
  const lines = violations.map(({ message, path }) => `${path ? `${path}: ` : ''}${message}`);
  return [...new Set(lines)].slice(0, 3).join('; ');
}

function wrong(what: string): LoadwrightError {
  return new LoadwrightError('USAGE', `import openapi: this is no valid description: ${what}`, {
    hint: 'it must be OpenAPI 3 or Swagger 2, as JSON or YAML; other files that it refers to must be bundled into it',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
