import { tmpdir } from 'node:os';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { createFleetId } from '@loadwright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetOf as ec2FleetOf } from '../../src/ec2/fleet.js';
import { fleetOf } from '../../src/ecs/fleet.js';
import { requestOf as ec2RequestOf, settingsOf as ec2SettingsOf } from '../ec2/work.js';
import { uiPort, withFolder, type Work } from '../ec2/work.js';
import { offerBaseImage } from './base-image.js';
import { fargateFleetOf } from './fargate-phases.js';
import { requestOf, settingsOf } from './work.js';

const aws = useAws();
let end: () => Promise<void>;
beforeAll(async () => {
  end = await offerBaseImage();
});
afterAll(() => end());

/** How each kind of fleet is deployed; before one of them an earlier deployment was interrupted. */
const kinds = [
  {
    kind: 'ec2',
    interrupted: true,
    deploy: (work: Work) =>
      ec2FleetOf(ec2SettingsOf(work)).provision(ec2RequestOf(work, AbortSignal.any([]))),
  },
  {
    kind: 'ecs',
    interrupted: true,
    deploy: (work: Work) => fleetOf(settingsOf(work)).provision(requestOf(work)),
  },
  {
    kind: 'fargate',
    interrupted: false,
    deploy: (work: Work) => fargateFleetOf(work).provision(requestOf(work)),
  },
];

describe.each(kinds)('the secrets of a fleet: $kind', ({ kind, interrupted, deploy }) => {
  const secretName = ({ fleetId }: Work) =>
    `/loadwright/${kind === 'ec2' ? 'ec2' : 'ecs'}/${fleetId}/worker/DATABRICKS_TOKEN`;

  /** What is in the Parameter Store that many seconds after that date, by the clock of AWS. */
  const at = async (date: Date, seconds: number) => {
    aws().behaviour.clockOffset = (date.getTime() - Date.now()) / 1000 + seconds;
    return (await aws().inventory()).filter((resource) => resource.startsWith('ssm:'));
  };

  it('are removed by AWS at the end of its time, also when nobody calls AWS any more', () =>
    withFolder(tmpdir(), async (folder) => {
      Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
      const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
      const work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {} };
      if (interrupted) await putEarlier(secretName(work));
      const handle = await deploy(work);
      expect(await aws().endlessParameters()).toEqual([]);
      const end = new Date(fleetEnd().getTime() + 120_000);
      const parameters = await at(end, -3600);
      expect(parameters).toContain(`ssm:parameter/${secretName(work)}`);
      expect(new Set(policyEnds().values())).toEqual(new Set([end.toISOString()]));
      expect(await at(end, 1)).toEqual([]);
      expect(await aws().secrets()).toEqual([]);
      aws().behaviour.clockOffset = 0;
      expect((await handle.destroy()).remaining).toEqual([]);
    }));
});

const puts = () => aws().calls.filter(({ name }) => name === 'ssm:PutParameter');

/** When its machines or tasks end themselves, which is in the tags of all that it has. */
function fleetEnd(): Date {
  const tags = puts().flatMap(
    ({ parameters }) => (parameters['Tags'] ?? []) as { Key: string; Value: string }[],
  );
  return new Date(tags.find(({ Key }) => Key === 'loadwright:expires-at')?.Value ?? 0);
}

/** The dates in the policies of the parameters, by their names: the last one counts. */
function policyEnds(): Map<unknown, string | undefined> {
  return new Map(
    puts().map(({ parameters: { Name, Policies } }) => {
      const policies = JSON.parse(String(Policies)) as { Attributes: { Timestamp: string } }[];
      return [Name, policies[0]?.Attributes.Timestamp];
    }),
  );
}

/** As a deployment of a while ago did that was killed before it had a machine. */
async function putEarlier(Name: string): Promise<void> {
  const Attributes = { Timestamp: new Date(Date.now() + 60_000).toISOString() };
  const Policies = JSON.stringify([{ Type: 'Expiration', Version: '1.0', Attributes }]);
  const earlier = {
    Name,
    Value: 'canary-secret-of-the-test',
    Type: 'SecureString',
    Tier: 'Advanced',
  } as const;
  const { endpoint, region } = aws();
  const ssm = new SSMClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'caller', secretAccessKey: 'caller' },
  });
  await ssm.send(new PutParameterCommand({ ...earlier, Policies }));
  ssm.destroy();
}
