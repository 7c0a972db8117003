import {
  csvSeparatorSchema,
  durationSchema,
  maxAnswerBytesSchema,
  parseDuration,
  responseCheckSchema,
  tlsOptionsSchema,
} from '@loadwright/core/target';
import { z } from 'zod';
import { originUrl, originUrlProblem, placeholder, webUrl } from './origin-url.js';

/** The exponent that the cluster's own workload generator uses. */
const defaultZipfExponent = 1.2;

/** `simple` shares URLs by the remainder of their hash, as a base line for the other two. */
export const protocols = ['koorde', 'chord', 'simple'] as const;

/** After so long a node gives up a request of its own, in seconds. */
export const nodeLimitSeconds = 30;

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
    z.strictObject({
      file: z
        .string()
        .min(1)
        .describe(
          'path of a file of URLs, most popular first when choice is zipf: one a line, or .jsonl, .json, .csv or .tsv; also compressed with gzip',
        ),
      column: z
        .string()
        .min(1)
        .optional()
        .describe('column of the .csv or .tsv, or member of the objects of the .json, that holds the URL'),
      csvSeparator: csvSeparatorSchema()
        .optional()
        .describe(
          'what is between two cells of the .csv. Default: a comma, or a tab where the path ends in .tsv',
        ),
    }),
  ])
  .describe(
    'the pool of URLs that the cluster is asked for. It fetches them from their origin: ' +
      'use an origin that you own, never a public site. No URL may hold & or #, unless nodes reencode',
  );

const hotSetSchema = z.strictObject({
  urls: z.int().min(1).describe('number of URLs that are hot'),
  share: z.number().gt(0).max(1).describe('share of the requests that ask for one of them, from 0 to 1'),
  change: durationSchema().optional().describe('time after which other URLs are hot. Default: never'),
});

const mixWeight = z.number().min(0).default(0);
const mixSchema = z.strictObject({
  cache: z.number().positive().default(1).describe('weight of the requests to the cache'),
  health: mixWeight.describe('weight of GET /health'),
  metrics: mixWeight.describe('weight of GET /metrics'),
});

const entryNode = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be host and port of a node: 10.0.0.1:8080')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, {
    error: 'must have a port of at most 65535',
  });

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
      .enum(protocols)
      .describe('protocol of the ring; a label of every report, and compared with what /health says'),
    urls,
    choice: z
      .enum(['zipf', 'uniform', 'hot-set', 'trace'])
      .default('zipf')
      .describe(
        'how a URL is drawn: zipf, a few are popular; uniform, all are equally likely; hot-set, a few get a share of the requests; ' +
          'trace, in the order of the file, repetitions included',
      ),
    hotSet: hotSetSchema.optional().describe('what is hot; with choice hot-set only'),
    reencodes: z
      .boolean()
      .default(false)
      .describe(
        'nodes encode the URL again when they pass a request on, so that URLs may hold any character. The original nodes do not',
      ),
    entryNodes: z
      .array(entryNode)
      .min(1)
      .optional()
      .describe('nodes that connections are made to, in turn, in place of the host of baseUrl'),
    nodes: z
      .array(entryNode)
      .min(1)
      .refine((nodes) => new Set(nodes).size === nodes.length, {
        error: (issue) => `must hold each node once; ${repeated(issue.input as string[])} is there twice`,
      })
      .optional()
      .describe(
        'HTTP address of every node: --observe reads their counts and states there, and workers ask each once whose id is whose. Default: entryNodes',
      ),
    mix: mixSchema
      .optional()
      .describe('weights of /cache, /health and /metrics; each has its own name in statistics'),
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
  .superRefine((options, context) => {
    const issue = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const { baseUrl, choice, hotSet, mix, reencodes, requestName, urls: pool } = options;
    if (choice !== 'zipf' && options.zipfExponent !== undefined) {
      issue(['zipfExponent'], 'has a meaning only when choice is zipf');
    }
    if (choice === 'hot-set' && hotSet === undefined)
      issue(['hotSet'], 'must be given when choice is hot-set');
    if (choice !== 'hot-set' && hotSet !== undefined)
      issue(['hotSet'], 'has a meaning only when choice is hot-set');
    if (choice === 'trace' && !('file' in pool))
      issue(['choice'], 'can be trace only where urls names a file');
    const count = urlCount(options);
    if (hotSet !== undefined && count !== undefined && hotSet.urls >= count) {
      issue(['hotSet', 'urls'], `must be fewer than the URLs of the pool, which has ${count}`);
    }
    if ('file' in pool) {
      const format = fileFormat(pool.file);
      if (format === 'csv' && pool.column === undefined) {
        issue(['urls', 'column'], 'must name the column that holds the URL');
      }
      if (format === 'lines' && pool.column !== undefined) {
        issue(['urls', 'column'], 'has a meaning only for a .csv, .tsv, .json or .jsonl file');
      }
      if (format !== 'csv' && pool.csvSeparator !== undefined) {
        issue(['urls', 'csvSeparator'], 'has a meaning only for a .csv or .tsv file');
      }
    }
    if (!reencodes) {
      const given = 'list' in pool ? pool.list : 'template' in pool ? [pool.template] : [];
      const index = given.findIndex((url) => originUrlProblem(url) !== undefined);
      if (index >= 0) {
        issue(
          'list' in pool ? ['urls', 'list', index] : ['urls', 'template'],
          originUrlProblem(given[index]!)!,
        );
      }
    }
    if (options.entryNodes !== undefined && /^https:/i.test(baseUrl)) {
      issue(['entryNodes'], 'speak plain http, and baseUrl is https');
    }
    if (mix !== undefined && ['health', 'metrics'].includes(requestName)) {
      issue(['requestName'], 'is the name of another request of mix');
    }
  });

export type DhtInput = z.input<typeof dhtOptionsSchema>;
export type DhtOptions = z.output<typeof dhtOptionsSchema>;

/** How a file of URLs is read, by its ending. */
export function fileFormat(file: string): 'csv' | 'json' | 'lines' {
  const [, ending] = /\.(csv|tsv|jsonl|ndjson|json)(?:\.gz)?$/i.exec(file.toLowerCase()) ?? [];
  if (ending === undefined) return 'lines';
  return ending === 'csv' || ending === 'tsv' ? 'csv' : 'json';
}

/** Base URL without a trailing slash. */
export function hostOf(options: DhtOptions): string {
  return options.baseUrl.replace(/\/+$/, '');
}

/** Exponent of the Zipf distribution, the default filled in. */
export function zipfExponent(options: DhtOptions): number {
  return options.zipfExponent ?? defaultZipfExponent;
}

/** Number of distinct URLs in the pool. Undefined: those of a file are not counted. */
export function urlCount({ urls }: Pick<DhtOptions, 'urls'>): number | undefined {
  if ('file' in urls) return undefined;
  return 'list' in urls ? urls.list.length : urls.count;
}

/** Time limit of a whole request, in seconds. */
export function timeoutSeconds(options: DhtOptions): number {
  return parseDuration(options.timeout)!;
}

function baseUrlProblem(text: string): string | undefined {
  const url = webUrl(text);
  if (!url) return 'must be a URL such as http://cache.example';
  if (url.username || url.password) return 'must not hold a user name or password';
  return url.search || url.hash ? 'must not hold a query or fragment' : undefined;
}

function repeated(list: readonly string[]): string {
  return JSON.stringify(list.find((url, index) => list.indexOf(url) !== index));
}
