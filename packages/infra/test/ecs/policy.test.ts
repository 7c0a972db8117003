import { gunzipSync } from 'node:zlib';
import { fakeMaster, parameterProblems, useAws } from '@loadwright/aws-stand-in';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest } from './account.js';
import { asPrinted, ofTarget } from './as-printed.js';

const aws = useAws();

it('may be made, seen and removed with the printed policy, within the printed boundary', async () => {
  const containerImage = await baseImage(aws());
  const before = (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const fleet = await asPrinted(aws(), optionsFor(aws(), { containerImage, endFromOutside: 'always' }));
  const request = await provisionRequest({ iamStatements: ofTarget });
  expect((await fleet.plan(request)).resources.length).toBeGreaterThan(10);
  const handle = await fleet.provision(request);
  const parameters = (await aws().inventory()).filter((one) => one.startsWith('ssm:parameter/')).sort();
  const forgotten = secretsOfMaster()
    .map((name) => `ssm:parameter/${name}`)
    .sort();
  expect((await fleet.lasting!.list()).map(({ fleetId, state }) => [fleetId, state])).toEqual([
    [request.fleetId, 'running'],
  ]);
  const found = await fleet.lasting!.check(request);
  expect(found.filter(({ state }) => state === 'problem')).toEqual([]);
  const opened = await fleet.open(request.fleetId);
  await opened.status();
  for await (const { line } of opened.logs()) expect(line).toBeDefined();
  await fleet.lasting!.diagnose!(request.fleetId);
  await fleet.lasting!.scaling!.scale(request.fleetId, 6);
  await fleet.lasting!.scaling!.scale(request.fleetId, 2);
  expect(await handle.destroy()).toMatchObject({ remaining: [] });
  expect(forgotten).toEqual(parameters);
  const policies = (one: string) => !one.startsWith('ecr:') && !one.startsWith('iam:policy');
  expect((await aws().inventory()).filter(policies)).toEqual(before);
  expect(await parameterProblems(aws().calls)).toEqual([]);

  const called = new Set(aws().calls.map(({ name }) => name));
  const { statements } = await fleet.lasting!.permissions({ iamStatements: ofTarget });
  const actions = new Set(statements.flatMap(({ Action }) => Action));
  expect([...actions].filter((action) => !called.has(action)).sort()).toEqual(
    Object.values(uncalled).flat().sort(),
  );
});

/** What a policy needs although no call of these has its name, by the reason. */
const uncalled = {
  'part of another call': [
    ...['ecr:TagResource', 'ecs:TagResource', 'iam:CreateServiceLinkedRole', 'iam:PassRole'],
    ...['iam:TagInstanceProfile', 'iam:TagRole', 'logs:TagResource', 'ssm:AddTagsToResource'],
  ],
  'a request to the registry, not to the API': [
    ...['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:CompleteLayerUpload'],
    ...['ecr:GetDownloadUrlForLayer', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'],
  ],
  'removes what a launch that broke off, or somebody else, has left': [
    ...['ec2:DeleteNetworkInterface', 'ec2:DeleteVolume', 'iam:DetachRolePolicy'],
  ],
  'explains what has ended': ['ec2:GetConsoleOutput'],
  'asks the target': ['sagemaker:InvokeEndpoint'],
};

/** What the machine of the master is told to remove at its end, by the user data that EC2 was given. */
function secretsOfMaster(): string[] {
  const launches = aws().calls.filter(({ name }) => name === 'ec2:RunInstances');
  const names = launches.flatMap(({ parameters: { UserData } }) => {
    const text = gunzipSync(Buffer.from(String(UserData), 'base64')).toString();
    const { write_files: files } = parse(text) as { write_files: { path: string; content: string }[] };
    const content = files.find(({ path }) => path.endsWith('/settings.json'))?.content ?? '{}';
    const { parameterPrefix, parameters = [] } = JSON.parse(content) as {
      parameterPrefix?: string;
      parameters?: string[];
    };
    return parameters.map((name) => `${parameterPrefix}/${name}`);
  });
  // A launch is asked for again until EC2 knows the profile.
  return [...new Set(names)];
}
