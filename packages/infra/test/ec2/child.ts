/** A deployment or a removal as a process of its own, which a test kills in the middle. */
import { text } from 'node:stream/consumers';
import { fleetOf } from '../../src/ec2/fleet.js';
import { requestOf, settingsOf, type Work } from './work.js';

const work = JSON.parse(await text(process.stdin)) as Work;
const fleet = fleetOf(settingsOf(work));
if (process.argv[2] === 'deploy') await fleet.provision(requestOf(work, new AbortController().signal));
else await fleet.lasting!.destroy(work.fleetId);
