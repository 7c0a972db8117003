import {
  durationSchema,
  maxAnswerBytesSchema,
  parseDuration,
  responseCheckSchema,
  tlsOptionsSchema,
} from '@loadwright/core/target';
import { z } from 'zod';

/** The exponent that the cluster's own workload generator uses. */
const defaultZipfExponent = 1.2;

/** After so long a node gives up a request of its own, in seconds. */
export const nodeLimitSeconds = 30;

/** Stands for the number of a URL in a template, from 0 to count - 1. */
const placeholder = '{i}';

const originUrl = z.string().refine((text) => originUrlProblem(text) === undefined, {
  error: (issue) => originUrlProblem(String(issue.input)),
});

const urls = z
  .union([
    z.strictObject({
      template: originUrl
        .refine((text) => text.includes(placeholder), `must hold ${placeholder}, which becomes 0, 1, 2, …`)
        .describe(`URL on your origin in which ${placeholder} becomes 0 to count - 1`),
      count: z.int().min(1).max(1_000_000).default(100).describe('number of distinct URLs'),
    }),
    z.strictObject({
      list: z
        .array(originUrl)
        .min(1)
        .refine((list) => new Set(list).size === list.length, {
          error: (issue) => `must hold distinct URLs; ${repeated(issue.input as string[])} is there twice`,
        })
        .describe('the URLs, most popular first when choice is zipf'),
    }),
  ])
  .describe(
    'the pool of URLs that the cluster is asked for. It fetches them from their origin: ' +
      'use an origin that you own, never a public site. No URL may hold & or #',
  );

/** Options of the target `dht`. */
export const dhtOptionsSchema = z
  .strictObject({
    baseUrl: z
      .string()
      .refine((text) => baseUrlProblem(text) === undefined, {
        error: (issue) => baseUrlProblem(String(issue.input)),
      })
      .meta({ examples: ['http://cache.example'] })
      .describe('URL of the load balancer before the cluster, or of one node'),
    path: z
      .string()
      .regex(/^\/[^\s?#]*$/, 'must start with / and hold no query')
      .default('/cache')
      .describe('path that takes the parameter url'),
    protocol: z
      .enum(['koorde', 'chord'])
      .describe('protocol of the ring; a label of every report, and compared with what /health says'),
    urls,
    choice: z
      .enum(['zipf', 'uniform'])
      .default('zipf')
      .describe('how a URL is drawn: zipf, a few are popular; uniform, all are equally likely'),
    zipfExponent: z
      .number()
      .positive()
      .max(10)
      .optional()
      .describe(
        `how unequal the popularity is: the URL of rank r has weight 1 / r^exponent. Default: ${defaultZipfExponent}`,
      ),
    requestName: z
      .string()
      .min(1)
      .default('cache')
      .describe('name of the requests in statistics and thresholds'),
    timeout: durationSchema()
      .default('30s')
      .describe('time limit of a whole request; a node itself gives up after 30 s'),
    maxAnswerBytes: maxAnswerBytesSchema(),
    expect: responseCheckSchema
      .optional()
      .describe('what a correct answer looks like. Default: every status from 200 to 299'),
    tls: tlsOptionsSchema.optional().describe('certificate authority and client certificate'),
  })
  .refine((options) => options.choice === 'zipf' || options.zipfExponent === undefined, {
    path: ['zipfExponent'],
    error: 'has a meaning only when choice is zipf',
  });

export type DhtInput = z.input<typeof dhtOptionsSchema>;
export type DhtOptions = z.output<typeof dhtOptionsSchema>;

/** Base URL without a trailing slash. */
export function hostOf(options: DhtOptions): string {
  return options.baseUrl.replace(/\/+$/, '');
}

/** Exponent of the Zipf distribution, the default filled in. */
export function zipfExponent(options: DhtOptions): number {
  return options.zipfExponent ?? defaultZipfExponent;
}

/** Number of distinct URLs in the pool. */
export function urlCount({ urls }: DhtOptions): number {
  return 'list' in urls ? urls.list.length : urls.count;
}

/** Time limit of a whole request, in seconds. */
export function timeoutSeconds(options: DhtOptions): number {
  return parseDuration(options.timeout)!;
}

function webUrl(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

function baseUrlProblem(text: string): string | undefined {
  const url = webUrl(text);
  if (!url) return 'must be a URL such as http://cache.example';
  if (url.username || url.password) return 'must not hold a user name or password';
  return url.search || url.hash ? 'must not hold a query or fragment' : undefined;
}

/** A node hands the URL on without encoding it again, so these characters would cut it off. */
function originUrlProblem(text: string): string | undefined {
  if (/[&#\s]/.test(text)) return 'must not hold &, # or white space: a node would cut the URL off there';
  return webUrl(text) ? undefined : 'must be a URL such as https://origin.example/item/{i}';
}

function repeated(list: readonly string[]): string {
  return JSON.stringify(list.find((url, index) => list.indexOf(url) !== index));
}
