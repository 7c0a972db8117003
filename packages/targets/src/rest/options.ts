import {
  durationSchema,
  goodputSchema,
  maxAnswerBytesSchema,
  stringifyJson,
  tlsOptionsSchema,
} from '@loadwright/core/target';
import { z } from 'zod';
import { baseUrlSchema, isReadable, pathBelow } from './base-url.js';
import { cognitoSchema } from './cognito/options.js';
import { secretHeadersOf, secretHeadersSchema, secretText, type SecretHeader } from './headers.js';
import { flowSchema, routeOfStep } from './flows.js';
import { pathSchema, routeProblems, routeSchema, routeShape, templatesOf, type Route } from './routes.js';
import { extractedIn } from './template.js';

/** The words in which targets of this kind differ. */
export interface RestWords {
  readonly baseUrl: string;
  readonly route: string;
  readonly requestName: string;
  readonly timeout: string;
  readonly aboutTimeout: string;
  readonly tokenVariable: string;
}

/** The options that every target of this kind has. */
export function restShape(words: RestWords) {
  return {
    baseUrl: baseUrlSchema.describe(words.baseUrl),
    allowPlainHttp: z
      .boolean()
      .default(false)
      .describe(
        'allow http:// to other machines, such as a load balancer in a private network. Whoever is on the way can read all of it',
      ),
    route: pathSchema
      .default(words.route)
      .describe('route below the base URL; {name} stands for a value of parameters'),
    ...routeShape,
    routes: z
      .array(routeSchema)
      .min(1)
      .optional()
      .describe('several routes, each with its name and weight, in place of the options of the single one'),
    flows: z
      .array(flowSchema)
      .min(1)
      .optional()
      .describe(
        'requests in an order, of which later ones take values out of the answers to earlier ones; beside routes, or in place of the single one',
      ),
    secretHeaders: secretHeadersSchema
      .default({})
      .describe(
        'headers with a secret, each with the variable that holds it: { "Ocp-Apim-Subscription-Key": "MY_KEY" }, or { variable, prefix }',
      ),
    bearerToken: secretText.optional().describe(`bearer token. Default: the variable ${words.tokenVariable}`),
    cognito: cognitoSchema
      .optional()
      .describe('user pool of Amazon Cognito whose tokens requests carry, renewed during the run'),
    requestName: z
      .string()
      .min(1)
      .max(100)
      .default(words.requestName)
      .describe('fixed name of the requests in statistics and thresholds'),
    timeout: durationSchema().default(words.timeout).describe(words.aboutTimeout),
    maxAnswerBytes: maxAnswerBytesSchema(),
    goodput: goodputSchema
      .optional()
      .describe('limits that a streamed answer must meet together to count in the metric goodput'),
    tls: tlsOptionsSchema.optional().describe('certificate authority and client certificate'),
  };
}

/** What the code of these targets needs to know of their options. */
export type RestOptions = z.output<z.ZodObject<ReturnType<typeof restShape>>> & {
  readonly authentication?: string | undefined;
  readonly apiKey?: string | undefined;
};

/** Options that describe the one route. */
const singleRouteFields = [
  'route',
  'requestName',
  'method',
  'parameters',
  'query',
  'contentType',
  'body',
  'payloads',
  'multipart',
  'expect',
] as const;

/** Reports what does not go together. */
export function checkRestOptions(options: RestOptions, context: z.RefinementCtx, words: RestWords): void {
  const issue = (path: readonly PropertyKey[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message });
  if (isReadable(options.baseUrl) && !options.allowPlainHttp) {
    issue(
      ['baseUrl'],
      'must be an https URL; http is allowed for this machine (localhost, 127.0.0.1), and elsewhere with allowPlainHttp: true',
    );
  }
  if (!hasNames(options)) {
    const single = { ...options, path: options.route };
    for (const { path, message } of routeProblems(single, 'route')) issue(path, message);
  } else {
    checkRoutes(options, words, issue);
  }
  checkExtracted(options, issue);
  checkHeaders(options, issue);
  if (options.authentication === 'none' && options.bearerToken !== undefined) {
    issue(['bearerToken'], 'has no effect with authentication none');
  }
  for (const name of Object.keys(options.secretHeaders)) {
    if (name.toLowerCase() === 'authorization' && usesBearerToken(options)) {
      issue(['secretHeaders', name], 'is set by bearerToken already: give one of the two');
    }
  }
  checkCognito(options, issue);
}

function checkCognito(
  { authentication, bearerToken, cognito, headers, secretHeaders }: RestOptions,
  issue: (path: readonly PropertyKey[], message: string) => void,
): void {
  if (cognito === undefined) {
    if (authentication === 'cognito') issue(['cognito'], 'must be given with authentication cognito');
    return;
  }
  if (authentication !== undefined && authentication !== 'cognito') {
    issue(['cognito'], `has no effect with authentication ${authentication}`);
  }
  if (bearerToken !== undefined) issue(['bearerToken'], 'cannot be sent beside the tokens of cognito');
  for (const [field, names] of Object.entries({ headers, secretHeaders })) {
    for (const name of Object.keys(names)) {
      if (name.toLowerCase() === cognito.header.toLowerCase()) {
        issue([field, name], 'is set by cognito already: give one of the two, or another cognito.header');
      }
    }
  }
}

function checkRoutes(
  options: RestOptions,
  words: RestWords,
  issue: (path: readonly PropertyKey[], message: string) => void,
): void {
  const { route, requestName } = words;
  const defaults = z.object(restShape(words)).parse({ baseUrl: 'https://none.example', route, requestName });
  for (const field of singleRouteFields) {
    if (stringifyJson(options[field]) !== stringifyJson(defaults[field])) {
      issue([field], 'belongs to a single route: with routes or flows, write it into each of them');
    }
  }
  const { flows = [], routes: single = [] } = options;
  const routes = [
    ...single.map(({ name }, index) => ({ name, path: ['routes', index] })),
    ...flows.flatMap(({ steps }, flow) =>
      steps.map(({ name }, index) => ({ name, path: ['flows', flow, 'steps', index] })),
    ),
  ];
  const names = routes.map(({ name }) => name);
  for (const [index, { name, path }] of routes.entries()) {
    if (names.indexOf(name) < index) issue([...path, 'name'], `is there twice: "${name}"`);
  }
}

/** Only steps have earlier answers. */
function checkExtracted(
  options: RestOptions,
  issue: (path: readonly PropertyKey[], message: string) => void,
): void {
  const { headers, routes = [] } = options;
  const outside = [
    ...extractedIn(hasNames(options) ? { headers } : templatesOf(options)),
    ...routes.flatMap((route, index) => extractedIn(templatesOf(route), ['routes', index])),
  ];
  for (const { name, path } of outside) {
    issue(path, `takes "${name}" out of an earlier answer, which only a step of flows can`);
  }
}

/** A header has one value, however its name is spelled: a route's own takes the place of that of all. */
function checkHeaders(
  options: RestOptions,
  issue: (path: readonly PropertyKey[], message: string) => void,
): void {
  const { cognito, flows = [], headers, routes = [], secretHeaders } = options;
  const secret = [
    ...Object.keys(secretHeaders),
    ...(usesBearerToken(options) || options.authentication === 'iam' ? ['Authorization'] : []),
    ...(options.authentication === 'api-key' || options.apiKey !== undefined ? ['x-api-key'] : []),
    ...(cognito ? [cognito.header] : []),
  ].map((name) => name.toLowerCase());
  const places: { readonly path: readonly PropertyKey[]; readonly own: object }[] = [
    { path: ['headers'], own: headers },
    ...routes.map((route, index) => ({ path: ['routes', index, 'headers'], own: route.headers })),
    ...flows.flatMap(({ steps }, flow) =>
      steps.map((step, index) => ({ path: ['flows', flow, 'steps', index, 'headers'], own: step.headers })),
    ),
  ];
  for (const { path, own } of places) {
    for (const name of Object.keys(own)) {
      const lower = name.toLowerCase();
      // Cognito's header has a message of its own.
      if (secret.includes(lower) && !(own === headers && lower === cognito?.header.toLowerCase())) {
        issue(
          [...path, name],
          'is set for all requests already, by secretHeaders or authentication: give one of the two',
        );
      }
      const twin = Object.keys(headers).find((other) => other !== name && other.toLowerCase() === lower);
      if (own !== headers && twin !== undefined) {
        issue([...path, name], `is the same header as "${twin}" of all requests: spell it like that`);
      }
    }
  }
}

/** Whether its requests have names of their own: there are several routes, or flows. */
export function hasNames({ flows, routes }: Pick<RestOptions, 'flows' | 'routes'>): boolean {
  return flows !== undefined || routes !== undefined;
}

/** Whether requests carry a bearer token. */
function usesBearerToken({ authentication, bearerToken }: RestOptions): boolean {
  return authentication === 'bearer' || bearerToken !== undefined;
}

/** Its routes, the single one and the steps of flows among them. */
export function routesOf(options: RestOptions): readonly Route[] {
  const { flows = [], routes = [] } = options;
  if (hasNames(options)) return [...routes, ...flows.flatMap(({ steps }) => steps.map(routeOfStep))];
  const { route: path, requestName: name } = options;
  const { body, contentType, expect, method, multipart, parameters, payloads, query } = options;
  const shape = { body, contentType, expect, method, multipart, parameters, payloads, query };
  return [{ ...shape, headers: {}, name, weight: 1, path }];
}

/** The first route's path as it is sent, for messages. */
export function pathOf(options: RestOptions): string {
  return pathBelow(options.baseUrl, routesOf(options)[0]!.path);
}

/** Every header whose secret is the value of a variable. */
export function allSecretHeaders(
  options: RestOptions,
  tokenVariable: string,
): Readonly<Record<string, SecretHeader>> {
  return {
    ...(usesBearerToken(options) && { Authorization: { variable: tokenVariable, prefix: 'Bearer ' } }),
    ...secretHeadersOf(options.secretHeaders),
  };
}

/** Names, defaults and descriptions of the kind `rest`. */
export const restWords: RestWords = {
  baseUrl: 'URL below which the routes are: https://api.example/v1',
  route: '/',
  requestName: 'request',
  timeout: '30s',
  aboutTimeout: 'time until an unanswered request fails',
  tokenVariable: 'LOADWRIGHT_REST_BEARER_TOKEN',
};

/** Options of the target `rest`. */
export const restOptionsSchema = z
  .strictObject({
    ...restShape(restWords),
    authentication: z
      .enum(['none', 'bearer', 'cognito'])
      .optional()
      .describe(
        'how requests are authenticated. Default: by bearerToken or cognito when given, otherwise none',
      ),
  })
  .superRefine((options, context) => checkRestOptions(options, context, restWords));

export type RestInput = z.input<typeof restOptionsSchema>;
