export { ec2Fleet } from './fleet.js';
export { knownEc2Fleets } from './remembered.js';
export { ec2FleetOptionsSchema, type Ec2FleetOptions } from './options.js';
