import { afterAll, beforeAll, describe, it } from 'vitest';
import { casesToTry } from '../../packages/infra/test/matrix.js';
import { Liar } from '../../packages/infra/test/truth/liar.js';
import { tryBehindProxy } from './behind-proxy.js';
import { tryCase } from './case.js';
import { cases } from './cases.js';
import { targetCases } from './target-cases.js';

let liar: Liar;
beforeAll(async () => {
  liar = await Liar.start();
});
afterAll(() => liar.stop());

const all = [
  ...[...cases, ...targetCases].map((one) => ({ name: one.name, attempt: () => tryCase(one, liar) })),
  { name: 'a host that only a proxy reaches (F12)', attempt: tryBehindProxy },
];

describe('a fault that was seen in the field', () => {
  for (const { name, attempt } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
    it(name, attempt, 360_000);
  }
});
