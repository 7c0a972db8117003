import { databricks } from '@loadwright/targets/databricks';
import { rest } from '@loadwright/targets/rest';
import { expect } from 'vitest';
import type { Case } from './case.js';

/** Faults that lie in what a target can send. */
export const targetCases: readonly Case[] = [
  {
    name: 'two routes by weight, of which one fails (M05)',
    server: {
      rules: [{ every: 2, do: 'answer', status: 500 }, { do: 'answer' }],
    },
    requestsBefore: 2,
    target: (url) =>
      rest({
        baseUrl: url,
        routes: [
          {
            name: '/items/{id}',
            weight: 3,
            method: 'GET',
            path: '/items/{id}',
            parameters: { id: { $choice: ['a&b', 'ü ☃'] } },
            query: { page: { $integer: [1, 9] } },
          },
          {
            name: 'order',
            path: '/orders',
            body: { at: { $timestamp: 'iso' } },
            expect: { status: [200, 500] },
          },
        ],
      }),
    thresholds: {
      'http_req_failed{name:/items/{id}}': ['rate<0.1'],
      'http_req_failed{name:order}': ['rate<0.1'],
    },
    right({ report, books }) {
      expect(report.verdict).toBe('FAIL');
      expect(report.thresholds.map(({ metric, passed }) => [metric, passed])).toEqual([
        ['http_req_failed{name:/items/{id}}', false],
        ['http_req_failed{name:order}', true],
        // The default, which is about all requests.
        ['http_req_failed', false],
      ]);
      const byPath = (start: string) => books.log.filter(({ path }) => path.startsWith(start)).length;
      const counts = Object.fromEntries(report.requests.map(({ name, count }) => [name, count]));
      expect(counts).toEqual({ '/items/{id}': byPath('/items/'), order: byPath('/orders') });
      const paths = new Set(books.log.map(({ path }) => path.split('?')[0]));
      expect(paths).toEqual(new Set(['/items/a%26b', '/items/%C3%BC%20%E2%98%83', '/orders']));
    },
  },
  {
    name: 'rows that lack a column of others, as dataframe_split (F23)',
    server: { keepBodies: true },
    target: (url) =>
      databricks({
        baseUrl: url,
        endpointName: 'fraud',
        route: 'workspace',
        format: 'dataframe_split',
        payloads: { inline: [[{ a: 1 }, { a: 2, b: 3 }]] },
      }),
    right({ books, events, report }) {
      expect(report.verdict).toBe('PASS');
      const bodies = new Set(books.log.map(({ body = '' }) => Buffer.from(body, 'base64').toString()));
      expect([...bodies]).toEqual(['{"dataframe_split":{"columns":["a","b"],"data":[[1,null],[2,3]]}}']);
      expect(JSON.stringify(events)).toContain('rows of 1 of 1 payloads differ in their members');
    },
  },
];
