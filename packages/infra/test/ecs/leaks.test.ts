import { fileURLToPath } from 'node:url';
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { fakeMaster } from '@loadwright/aws-stand-in';
import { afterAll, beforeAll } from 'vitest';
import { fleetOf } from '../../src/ecs/fleet.js';
import { uiPort } from '../ec2/work.js';
import { bringGroupAndProfile, ofTheCaller } from '../leaks/bring.js';
import { leakMatrix } from '../leaks/matrix.js';
import { offerBaseImage } from './base-image.js';
import { carryOut } from './phases.js';
import { settingsOf } from './work.js';

let end: () => Promise<void>;
beforeAll(async () => {
  end = await offerBaseImage();
});
afterAll(() => end());

leakMatrix(
  {
    phases: ['deploy', 'run', 'scale up', 'scale down', 'destroy'],
    launches: ['deploy', 'scale up'],
    child: fileURLToPath(new URL('./child.ts', import.meta.url)),
    fleetOf: (work) => fleetOf(settingsOf(work)),
    prepare: async () => fakeMaster({ port: uiPort, password: '', workers: 2 }),
    bring: async (aws) => {
      const { endpoint, region } = aws;
      const credentials = { accessKeyId: 'caller', secretAccessKey: 'caller' };
      const ecs = new ECSClient({ endpoint, region, credentials });
      await ecs.send(new CreateClusterCommand({ clusterName: ofTheCaller }));
      ecs.destroy();
      return bringGroupAndProfile(aws, ['ecs:*', 'ecr:*', 'logs:*']);
    },
    carryOut,
    // All fleets share the repository, and what is content-addressed in it.
    isShared: (resource) => /^ecr:(repository|image)\/loadwright(:loadwright-[0-9a-f]{32})?$/.test(resource),
  },
  { handful: 6 },
);
