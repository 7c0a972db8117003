import { isSecretName } from '@loadwright/core/target';
import { LoadwrightError } from '@loadwright/core';
import { bodyOf } from './bodies.js';
import { Collector, type RouteMaker } from './collector.js';
import { formOptions, relative } from './forms.js';
import type { FoundRequest, Imported, ImportedRoute } from './requests.js';
import type { SecretKeeper } from './secrets.js';

/** Headers that the client of the load writes itself, and those that only a browser sends. */
const ownHeaders =
  /^(?::|host$|content-(?:length|type)$|connection$|keep-alive$|transfer-encoding$|te$|upgrade|accept-encoding$|sec-|dnt$|priority$|origin$|referer$|user-agent$|accept-language$|if-|cache-control$|pragma$)/i;
const identifier = /^(?:\d+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,})$/i;
/** More would be a configuration that nobody reads. */
const mostRoutes = 100;

/**
 * Routes of `rest` from requests as they were sent. Those that differ in one identifier of their path alone become one route, whose
 * weight is their number. One that cannot be imported does not stop the others.
 *
 * @param check throws for what the target does not take
 * @throws LoadwrightError `USAGE` when they are too many, or none of them can be imported.
 */
export function fromRecorded(
  kind: string,
  requests: readonly FoundRequest[],
  check: (imported: Imported) => void,
): Imported {
  const origin = mostFrequent(requests.map(({ url }) => url.origin));
  const collector = new Collector(kind, origin, check);
  const others = new Set(requests.map(({ url }) => url.origin).filter((found) => found !== origin));
  for (const other of others) collector.note(`requests to ${other} are left out: a test has one host`);
  const groups = new Map<string, FoundRequest[]>();
  for (const request of requests.filter(({ url }) => url.origin === origin)) {
    const sent = request.file ?? (request.form && JSON.stringify(request.form));
    const key = [request.method, templateOf(request.url.pathname).path, request.url.search, sent].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  if (groups.size > mostRoutes) {
    throw new LoadwrightError('USAGE', `import: there are ${groups.size} different requests to ${origin}`, {
      hint: `record fewer: a configuration of at most ${mostRoutes} routes is one that people can read`,
    });
  }
  for (const group of groups.values()) {
    collector.add(`${group[0]!.method} ${templateOf(group[0]!.url.pathname).path}`, (maker) =>
      routeOf(group, maker),
    );
  }
  return collector.result();
}

function routeOf(group: readonly FoundRequest[], { files, name, secrets }: RouteMaker): ImportedRoute {
  const [{ headers, method, status, url }] = group as [FoundRequest, ...FoundRequest[]];
  const template = templateOf(url.pathname);
  const ids = [...new Set(group.map((request) => templateOf(request.url.pathname).id))];
  const route: ImportedRoute = { name, method, path: template.path };
  if (group.length > 1) route.weight = group.length;
  if (template.id !== undefined) route.parameters = { id: ids.length === 1 ? ids[0] : { $choice: ids } };
  const query = queryOf(url, name, secrets);
  if (Object.keys(query).length > 0) route.query = query;
  const open: Record<string, string> = {};
  for (const [header, value] of group.flatMap((request) => request.headers)) {
    if (ownHeaders.test(header)) continue;
    if (secrets.isSecret(header, value)) secrets.keep(header, value);
  }
  for (const [header, value] of headers) {
    if (ownHeaders.test(header) || secrets.isSecret(header, value) || secrets.keeps(header)) continue;
    const alike = Object.keys(open).find((name) => name.toLowerCase() === header.toLowerCase());
    open[alike ?? header] = value.trim();
  }
  if (Object.keys(open).length > 0) route.headers = open;
  const [{ file, form }] = group as [FoundRequest, ...FoundRequest[]];
  if (form !== undefined) Object.assign(route, formOptions(name, form, secrets));
  const contentType = headers.find(([header]) => /^content-type$/i.test(header))?.[1];
  const bodies = group.map(({ body }) => body).filter((body) => body !== undefined);
  if (file !== undefined) {
    route.payloads = { file: relative(file), format: 'binary', contentType };
    secrets.notes.add(`${name}: the file ${file} is sent as it is, with any secret in it`);
  } else if (bodies.length > 0) {
    const type = contentType ?? 'application/octet-stream';
    if (type !== 'application/json') route.contentType = type;
    const written = bodyOf(name, type, bodies, secrets);
    Object.assign(route, written.options);
    Object.assign(files, written.files);
  }
  if (status !== undefined && status >= 200 && status < 400 && status !== 200)
    route.expect = { status: [status] };
  return route;
}

/** The path with its only identifier as `{id}`; as it is where it has none, or several, which belong together. */
function templateOf(pathname: string): { path: string; id?: string } {
  const segments = pathname.split('/');
  const found = segments.filter((segment) => identifier.test(segment));
  const [id] = found;
  if (found.length !== 1 || id === undefined) return { path: pathname };
  return { path: segments.map((segment) => (segment === id ? '{id}' : segment)).join('/'), id };
}

function queryOf(url: URL, name: string, secrets: SecretKeeper): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const key of new Set(url.searchParams.keys())) {
    if (isSecretName(key)) {
      secrets.notes.add(
        `${name}: the secret ${key} of the query is left out: rest sends secrets in headers alone`,
      );
      continue;
    }
    const values = url.searchParams.getAll(key);
    query[key] = values.length === 1 ? values[0]! : values;
  }
  return query;
}

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
