import { expect, it } from 'vitest';
import { z } from 'zod';
import { calledRoutes, ExpectedAnswers, withExpected } from './emulated-answers.js';

const parse = (options: object) => new ExpectedAnswers(z.object(calledRoutes).parse(options));

it('knows the routes of the target by method and path', () => {
  const routes = [
    {
      name: 'item',
      method: 'GET',
      path: '/items/{id}.json',
      parameters: { id: 1 },
      expect: { status: [206] },
    },
    { name: 'order', path: '/orders?fast=1', body: {}, expect: { status: [201, 202] } },
  ];
  const answers = parse({ routes });
  expect(answers.of('GET', '/items/17.json')?.status).toEqual([206]);
  expect(answers.of('POST', '/orders')?.status).toEqual([201, 202]);
  for (const path of ['/items/17xjson', '/items/1/2.json', '/items/.json/x'])
    expect(answers.of('GET', path)).toBeUndefined();
  expect(answers.of('GET', '/orders')).toBeUndefined();
  expect(parse({ route: '/a', expect: { status: [204] } }).of('POST', '/a')?.status).toEqual([204]);
});

it.each([
  [{ pointer: '/score', type: 'number' }, { score: 1 }],
  [{ pointer: '/items/1/price', above: 2, below: 3 }, { items: [0, { price: 2.5 }] }],
  [{ pointer: '/a~1b/c', type: 'string', minimumLength: 3 }, { 'a/b': { c: 'xxx' } }],
  [{ pointer: '/list', type: 'array' }, { list: [0] }],
  [{ pointer: '/state', oneOf: ['ready', 'busy'] }, { state: 'ready' }],
  [{ pointer: '/cost', minimum: 4 }, { cost: 5 }],
  [{ pointer: '/left', maximum: 4 }, { left: 3 }],
  [{ pointer: '/path', equals: null }, { path: null }],
  [{ pointer: '/path', matches: '^/x' }, {}],
] as const)('answers with the value that %j asks for', (json, body) => {
  expect(withExpected({ path: '/x' }, { json: json as never })).toEqual({ path: '/x', ...body });
});
