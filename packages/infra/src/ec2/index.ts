/**
 * Load from one machine of Amazon EC2.
 *
 * @packageDocumentation
 */
export { ec2Fleet } from './fleet.js';
export { knownEc2Fleets } from './known-fleets.js';
export { ec2FleetOptionsSchema, type Ec2FleetOptions } from './options.js';
