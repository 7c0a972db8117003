export { ec2Fleet } from './fleet.js';
export { rememberedEc2Runs } from './remembered.js';
export { ec2FleetOptionsSchema, type Ec2FleetOptions } from './options.js';
