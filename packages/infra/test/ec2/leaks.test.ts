import { fileURLToPath } from 'node:url';
import { fakeMaster } from '@loadwright/aws-stand-in';
import { fleetOf } from '../../src/ec2/fleet.js';
import { bringGroupAndProfile } from '../leaks/bring.js';
import { leakMatrix } from '../leaks/matrix.js';
import { requestOf, settingsOf, uiPort } from './work.js';

leakMatrix(
  {
    phases: ['deploy', 'destroy'],
    launches: ['deploy'],
    child: fileURLToPath(new URL('./child.ts', import.meta.url)),
    fleetOf: (work) => fleetOf(settingsOf(work)),
    prepare: async () => fakeMaster({ port: uiPort, password: '', workers: 2 }),
    bring: (aws) => bringGroupAndProfile(aws),
    carryOut: async (phase, work) => {
      const fleet = fleetOf(settingsOf(work));
      if (phase === 'deploy') await fleet.provision(requestOf(work, new AbortController().signal));
      else await fleet.lasting!.destroy(work.fleetId);
    },
  },
  { handful: 6 },
);
