import type { makePairs, ServiceModel } from './compared-run-fixture.js';

/** All comparisons with `npm run test:statistics`, fewer in `npm test`. */
export const isWhole = process.env['LOADWRIGHT_MATRIX'] !== undefined;
export const service: ServiceModel = {
  correlation: 0.8,
  runVariation: 0.03,
  seconds: 60,
  perSecond: isWhole ? 100 : 40,
};
/** Of a test that makes millions of requests up, in milliseconds. */
export const patience = isWhole ? 300_000 : 60_000;
export const p95 = 'http_req_duration p(95)';

/** Shares are random themselves: three standard deviations above what is promised. */
export const atMost = (share: number, count: number) => share + 3 * Math.sqrt((share * (1 - share)) / count);

/** The runs of pairs, by their sides. */
export const sidesOf = ({ baseline, candidate }: ReturnType<typeof makePairs>) =>
  [baseline, candidate] as const;
