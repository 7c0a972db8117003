import { LoadwrightError, messageOf } from '@loadwright/core';
import { isSecretName } from '@loadwright/core/target';
import type { Imported, ImportedRoute } from './requests.js';
import { uniqueName } from './recorded.js';
import { SecretKeeper } from './secrets.js';

interface Schema {
  readonly example?: unknown;
  /** A list in a schema, elsewhere by name. */
  readonly examples?: unknown;
  readonly default?: unknown;
}
interface Parameter extends Schema {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}
interface Media extends Schema {
  readonly schema?: Schema;
}
interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> };
  readonly responses?: Readonly<Record<string, unknown>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}
/** Operations by method, and what they share. */
type PathItem = Readonly<Record<string, unknown>>;
interface Document {
  readonly servers?: readonly {
    readonly url: string;
    readonly variables?: Readonly<Record<string, { readonly default: string }>>;
  }[];
  readonly security?: Operation['security'];
  readonly paths?: Readonly<Record<string, PathItem>>;
  readonly components?: { readonly securitySchemes?: Readonly<Record<string, SecurityScheme>> };
}
interface SecurityScheme {
  readonly type: string;
  readonly scheme?: string;
  readonly name?: string;
  readonly in?: string;
}

const methods = ['get', 'put', 'post', 'patch', 'head', 'options'] as const;

/**
 * Routes of `rest` from a description in OpenAPI 3 or Swagger 2, with the examples that it has, or values made from its schemas.
 *
 * @param baseUrl in place of the first of its servers
 * @throws LoadwrightError `USAGE` when it is not valid, or names no server.
 */
export async function fromOpenApi(text: string, baseUrl?: string): Promise<Imported> {
  const document = await read(text);
  const server = serverOf(document, baseUrl);
  const secrets = new SecretKeeper();
  const names = new Set<string>();
  const routes: ImportedRoute[] = [];
  const { sample } = await import('openapi-sampler');
  const valueOf = ({ default: given, example, examples, ...rest }: Schema & { schema?: Schema }): unknown => {
    const found = example ?? firstExample(examples) ?? given;
    if (found !== undefined) return found;
    return rest.schema === undefined
      ? undefined
      : sample(rest.schema as Parameters<typeof sample>[0], { quiet: true, skipReadOnly: true }, document);
  };
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const shared = (item['parameters'] ?? []) as readonly Parameter[];
    for (const method of [...methods, 'delete']) {
      const operation = item[method] as Operation | undefined;
      if (operation === undefined) continue;
      if (method === 'delete') {
        secrets.notes.add(`DELETE ${path} is left out: add it by hand if the load may delete`);
        continue;
      }
      const name = uniqueName(operation.operationId ?? `${method.toUpperCase()} ${path}`, names);
      const parameters = [...shared, ...(operation.parameters ?? [])];
      authenticate(document, operation, name, secrets);
      const route = routeOf({ name, method, path, parameters }, valueOf, secrets);
      if (addBody(route, operation, valueOf, secrets)) routes.push(route);
    }
  }
  if (routes.length === 0) {
    throw new LoadwrightError('USAGE', 'import openapi: it describes no operation that can be called', {
      hint: 'DELETE and operations with a body that is not JSON are left out: write those by hand',
    });
  }
  return {
    baseUrl: server,
    routes,
    ...(secrets.authentication && { authentication: secrets.authentication }),
    secretHeaders: secrets.secretHeaders,
    files: {},
    variables: [...secrets.variables],
    notes: [...secrets.notes],
  };
}

function firstExample(examples: unknown): unknown {
  if (Array.isArray(examples)) return examples[0] as unknown;
  const [named] = Object.values((examples ?? {}) as Record<string, { readonly value?: unknown }>);
  return named?.value;
}

async function read(text: string): Promise<Document> {
  const { dereference, upgrade, validate } = await import('@scalar/openapi-parser');
  const { parse } = await import('yaml');
  const wrong = (what: string) =>
    new LoadwrightError('USAGE', `import openapi: this is no valid description: ${what}`, {
      hint: 'it must be OpenAPI 3 or Swagger 2, as JSON or YAML; other files that it refers to must be bundled into it',
    });
  let document: unknown;
  try {
    // JSON is YAML as well.
    document = parse(text);
  } catch (error) {
    throw wrong(messageOf(error).split('\n')[0]!);
  }
  if (typeof document !== 'object' || document === null) throw wrong('it holds no document');
  const { errors = [], valid } = await validate(structuredClone(document) as Record<string, unknown>);
  if (!valid)
    throw wrong(
      errors
        .slice(0, 3)
        .map(({ message, path }) => `${path ? `${String(path)}: ` : ''}${message}`)
        .join('; '),
    );
  const { specification } = upgrade(document as Record<string, unknown>);
  const { schema } = dereference(specification);
  return schema as Document;
}

function serverOf({ servers }: Document, baseUrl: string | undefined): string {
  const [server] = servers ?? [];
  const written = server?.url.replace(
    /\{(\w+)\}/g,
    (_, name: string) => server.variables?.[name]?.default ?? '',
  );
  const url = baseUrl ?? written;
  if (url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  throw new LoadwrightError(
    'USAGE',
    `import openapi: ${url ? `its server ${url} is no whole URL` : 'it names no server'}`,
    {
      hint: 'say where the API is: --base-url https://api.example/v1',
    },
  );
}

type ValueOf = (schema: Schema & { schema?: Schema }) => unknown;

function routeOf(
  {
    method,
    name,
    parameters,
    path,
  }: { name: string; method: string; path: string; parameters: readonly Parameter[] },
  valueOf: ValueOf,
  secrets: SecretKeeper,
): ImportedRoute {
  const route: ImportedRoute = { name, method: method.toUpperCase(), path };
  for (const parameter of parameters) {
    const value = valueOf(parameter) ?? 'value';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (parameter.in === 'path') {
      const plain = parameter.name.replace(/\W/g, '_').replace(/^(\d)/, '_$1');
      route.path = route.path.replaceAll(`{${parameter.name}}`, `{${plain}}`);
      route.parameters = { ...route.parameters, [plain]: value };
    } else if (!parameter.required) {
      continue;
    } else if (isSecretName(parameter.name)) {
      if (parameter.in === 'header') secrets.keep(parameter.name);
      else
        secrets.notes.add(
          `${name}: the secret ${parameter.name} is left out: rest sends secrets in headers alone`,
        );
    } else if (parameter.in === 'query') {
      route.query = { ...route.query, [parameter.name]: Array.isArray(value) ? value.map(String) : text };
    } else if (parameter.in === 'header') {
      route.headers = { ...route.headers, [parameter.name]: text };
    }
  }
  return route;
}

/** @returns false where the operation takes a body that is not JSON. */
function addBody(
  route: ImportedRoute,
  operation: Operation,
  valueOf: ValueOf,
  secrets: SecretKeeper,
): boolean {
  const status = Object.keys(operation.responses ?? {}).find((code) => /^2\d\d$/.test(code));
  if (status !== undefined && status !== '200') route.expect = { status: [Number(status)] };
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return true;
  const found = content.find(([type]) => /[/+]json\b/i.test(type));
  if (found === undefined) {
    secrets.notes.add(`${route.name} is left out: its body is ${content.map(([type]) => type).join(' or ')}`);
    return false;
  }
  const [type, media] = found;
  if (type !== 'application/json') route.contentType = type;
  route.body = secrets.json(valueOf(media) ?? {}, route.name);
  return true;
}

function authenticate(document: Document, operation: Operation, name: string, secrets: SecretKeeper): void {
  const [wanted] = operation.security ?? document.security ?? [];
  for (const key of Object.keys(wanted ?? {})) {
    const scheme = document.components?.securitySchemes?.[key];
    if (scheme?.type === 'apiKey' && scheme.in === 'header') secrets.keep(scheme.name!);
    else if (scheme?.type === 'http' && scheme.scheme?.toLowerCase() === 'basic')
      secrets.keep('Authorization', 'Basic x');
    else if (scheme?.type === 'http' || scheme?.type === 'oauth2' || scheme?.type === 'openIdConnect')
      secrets.bearer();
    else secrets.notes.add(`${name}: its security ${key} is left out: rest sends secrets in headers alone`);
  }
}
