export type { Behaviour, Machine } from './account.js';
export { instancePrice } from './behaviours/pricing.js';
export { ubuntuImage } from './behaviours/public-parameters.js';
export type { Statement } from './enforcement.js';
export { fakeMaster } from './fake-master.js';
export type { Fault } from './faults.js';
export { sequentialRoundTrips } from './log.js';
export { AwsStandIn, type AwsEnvironment } from './stand-in.js';
export { useAws } from './use-aws.js';
