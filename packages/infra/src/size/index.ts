/**
 * How many machines of which type a rate needs.
 *
 * @packageDocumentation
 */
export { measureBundle, type Benchmark } from './benchmark.js';
export { makeLoopbackCertificate } from './certificate.js';
export { estimate, usedShare, type Range, type SizeRow, type Sizing } from './estimate.js';
export { startResponder } from './responder.js';
