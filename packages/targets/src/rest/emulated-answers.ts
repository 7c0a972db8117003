import type { JsonObject, JsonValue, ResponseCheck } from '@loadwright/core/target';
import { z } from 'zod';
import { flowSchema } from './flows.js';
import { pathSchema, routeSchema, routeShape } from './routes.js';

const { expect, method } = routeShape;

/** Options of the target that say what is expected of answers. */
export const calledRoutes = {
  route: pathSchema.default('/').describe('the one route that is called, as the target has it'),
  method: method.describe('its method'),
  expect: expect.describe(
    'what a correct answer of it looks like: its status and values of JSON are answered so',
  ),
  routes: z
    .array(routeSchema)
    .min(1)
    .optional()
    .describe('several routes that are called, as the target has them'),
  flows: z.array(flowSchema).optional().describe('flows that are carried out, as the target has them'),
};

type CalledRoutes = z.output<z.ZodObject<typeof calledRoutes>>;

/** What answers must look like, by the options of the target. */
export class ExpectedAnswers {
  readonly #routes: readonly {
    readonly method: string;
    readonly path: RegExp;
    readonly expect: ResponseCheck;
  }[];

  constructor({ flows, routes, route, method, expect }: CalledRoutes) {
    const steps = flows?.flatMap((flow) => flow.steps) ?? [];
    const called = [...(routes ?? [{ path: route, method, expect }]), ...steps];
    this.#routes = called.map((one) => ({ ...one, path: patternOf(one.path) }));
  }

  /** @param path Below the base URL. @returns what is expected of its answer; undefined: nobody says. */
  of(method: string, path: string): ResponseCheck | undefined {
    return this.#routes.find((route) => route.method === method && route.path.test(path))?.expect;
  }
}

function patternOf(path: string): RegExp {
  const [route = ''] = path.split('?');
  const parts = route.split(/\{[A-Za-z_][A-Za-z0-9_]*\}/);
  return new RegExp(
    `^${parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('[^/]*')}$`,
  );
}

/** A body with the values that are expected of it. Regular expressions are not looked at. */
export function withExpected(body: JsonObject, { json }: Pick<ResponseCheck, 'json'>): JsonValue {
  const checks = json === undefined ? [] : [json].flat();
  let result: JsonValue = body;
  for (const check of checks) {
    if (check.matches !== undefined) continue;
    const keys = check.pointer
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    result = placed(result, keys, valueOf(check));
  }
  return result;
}

function placed(
  into: JsonValue | undefined,
  [key, ...deeper]: readonly string[],
  value: JsonValue,
): JsonValue {
  if (key === undefined) return value;
  if (Array.isArray(into) || (into === undefined && /^\d+$/.test(key))) {
    const items = [...((into as JsonValue[] | undefined) ?? [])];
    while (items.length <= Number(key)) items.push(0);
    items[Number(key)] = placed(into?.[Number(key) as never], deeper, value);
    return items;
  }
  const members = typeof into === 'object' ? (into as JsonObject | null) : null;
  return { ...members, [key]: placed(members?.[key], deeper, value) };
}

type ValueCheck = Extract<NonNullable<ResponseCheck['json']>, { pointer: string }>;

function valueOf(check: ValueCheck): JsonValue {
  const { equals, maximumLength, minimumLength, oneOf, type } = check;
  if (equals !== undefined) return equals;
  if (oneOf) return oneOf[0]!;
  const length = minimumLength ?? Math.min(1, maximumLength ?? 1);
  switch (type) {
    case 'array':
      return Array<JsonValue>(length).fill(0);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'object':
      return Object.fromEntries(Array.from({ length }, (_, index) => [`member${index}`, 0]));
    case 'string':
      return 'x'.repeat(length);
    default:
      return numberOf(check);
  }
}

function numberOf({ above, below, maximum, minimum }: ValueCheck): number {
  const low = minimum ?? above;
  const high = maximum ?? below;
  if (low !== undefined && high !== undefined) return (low + high) / 2;
  if (low !== undefined) return low + 1;
  return high === undefined ? 1 : high - 1;
}
