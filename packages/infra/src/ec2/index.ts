export { ec2Fleet } from './fleet.js';
export { ec2FleetOptionsSchema, type Ec2FleetOptions } from './options.js';
