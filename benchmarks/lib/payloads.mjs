/** The bodies that all clients send. */
import { readFileSync } from 'node:fs';
import { payloadFile } from './paths.mjs';

export const payload = readFileSync(payloadFile, 'utf8');

/**
 * So many that the signatures which Loadwright’s signer keeps for a second hardly help it: a measurement of signing
 * must sign. benchmark_request.py makes the same ones.
 */
export const distinctPayloads = () =>
  Array.from({ length: 10_000 }, (_, index) => payload.replace('8]', `${100_000 + index}]`));
