/** Opens a way to a web UI in a process of its own, says its address, and ends by itself, or stays when it is told to. */
import { forwardPort } from '../../src/aws/reach/port-forward.js';

const caller = {
  settings: { fleetKind: 'ec2', region: 'eu-west-1', profile: undefined, endpoint: undefined },
  signal: new AbortController().signal,
};
const way = await forwardPort(caller, process.env, 'i-1', 80);
console.log(way.url);
if (process.argv[2] === 'stay') setInterval(() => {}, 1000);
