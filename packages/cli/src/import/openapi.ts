import { LoadwrightError } from '@loadwright/core';
import { isSecretName } from '@loadwright/core/target';
import { Collector } from './collector.js';
import { formOptions } from './forms.js';
import { methods, readDocument, type PathItem } from './openapi-document.js';
import type { FormPart, Imported, ImportedRoute } from './requests.js';
import type { SecretKeeper } from './secrets.js';

interface Schema {
  readonly example?: unknown;
  /** A list in a schema, elsewhere by name. */
  readonly examples?: unknown;
  readonly default?: unknown;
  readonly properties?: unknown;
}
interface FormProperty {
  readonly items?: FormProperty;
  readonly format?: string;
  readonly contentMediaType?: string;
}
interface Parameter extends Schema {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}
interface Media extends Schema {
  readonly schema?: Schema & { readonly required?: readonly string[] };
}
interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> };
  readonly responses?: Readonly<Record<string, unknown>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}
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

/**
 * Routes of `rest` from a description in OpenAPI 3 or Swagger 2, with the examples that it has, or values made from its schemas. An
 * operation that cannot be imported does not stop the others.
 *
 * @param check throws for what the target does not take
 * @param baseUrl in place of the first of its servers
 * @throws LoadwrightError `USAGE` when it is not valid, names no server, or has no operation that can be imported.
 */
export async function fromOpenApi(
  text: string,
  check: (imported: Imported) => void,
  baseUrl?: string,
): Promise<Imported> {
  const { document: read, invalid } = await readDocument(text);
  const document = read as Document;
  const collector = new Collector('openapi', serverOf(document, baseUrl), check);
  for (const { name, reason } of invalid) collector.leaveOut(name, reason);
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
    for (const method of methods) {
      const operation = item[method] as Operation | undefined;
      if (operation === undefined) continue;
      if (method === 'delete') {
        collector.leaveOut(`DELETE ${path}`, 'add it by hand if the load may delete');
        continue;
      }
      collector.add(operation.operationId ?? `${method.toUpperCase()} ${path}`, ({ name, secrets }) => {
        const parameters = [...shared, ...(operation.parameters ?? [])];
        const route = routeOf({ name, method, path, parameters }, valueOf, secrets);
        addBody(route, operation, valueOf, secrets);
        authenticate(document, operation, name, secrets);
        return route;
      });
    }
  }
  return collector.result();
}

function firstExample(examples: unknown): unknown {
  if (Array.isArray(examples)) return examples[0] as unknown;
  const [named] = Object.values((examples ?? {}) as Record<string, { readonly value?: unknown }>);
  return named?.value;
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

/** @throws LoadwrightError `USAGE` for a body that the target does not send. */
function addBody(route: ImportedRoute, operation: Operation, valueOf: ValueOf, secrets: SecretKeeper): void {
  const status = Object.keys(operation.responses ?? {}).find((code) => /^2\d\d$/.test(code));
  if (status !== undefined && status !== '200') route.expect = { status: [Number(status)] };
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return;
  const found = content.find(([type]) => /[/+]json\b/i.test(type));
  const form = content.find(([type]) => /^multipart\/form-data/i.test(type));
  if (found === undefined && form !== undefined) {
    Object.assign(route, formOptions(route.name, formParts(form[1], valueOf), secrets));
    return;
  }
  if (found === undefined) {
    throw new LoadwrightError('USAGE', `its body is ${content.map(([type]) => type).join(' or ')}`);
  }
  const [type, media] = found;
  if (type !== 'application/json') route.contentType = type;
  route.body = secrets.json(valueOf(media) ?? {}, route.name);
}

/** The properties of a form: files are those that its schema says hold bytes, and lists of them, of which one is sent. */
function formParts(media: Media, valueOf: ValueOf): FormPart[] {
  const value = (valueOf(media) ?? {}) as Record<string, unknown>;
  const properties = (media.schema?.properties ?? {}) as Readonly<Record<string, FormProperty>>;
  return Object.keys({ ...properties, ...value }).map((name) => {
    const { contentMediaType, format } = properties[name]?.items ?? properties[name] ?? {};
    if (format === 'binary' || contentMediaType !== undefined) {
      const file = `${name.replace(/[^\w.-]+/g, '-')}.bin`;
      const isOptional = media.schema?.required?.includes(name) !== true;
      return { name, file, type: contentMediaType ?? 'application/octet-stream', isOptional };
    }
    const content = value[name] ?? '';
    return { name, value: typeof content === 'string' ? content : JSON.stringify(content) };
  });
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
