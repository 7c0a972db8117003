export { ordinary, type Behaviour, type DirectClients, type Machine } from './account.js';
export { instancePrice, type InstancePrice } from './behaviours/pricing.js';
export { ubuntuImage } from './behaviours/public-parameters.js';
export type { Statement } from './enforcement.js';
export { fakeMaster, type FakeMaster } from './fake-master.js';
export type { Fault, InjectedFault, Injection } from './faults.js';
export { sequentialRoundTrips, type LoggedCall } from './log.js';
export { AwsStandIn, type AwsEnvironment } from './stand-in.js';
export { useAws } from './use-aws.js';
