import { fakeMaster, parameterProblems, useAws, type AwsEnvironment } from '@loadwright/aws-stand-in';
import type { IamStatement } from '@loadwright/core';
import { expect, it } from 'vitest';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

const iamStatements = [
  { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource: ['arn:aws:sagemaker:*:*:endpoint/x'] },
] as const;

/** The fleet of somebody who may do what the printed policy says, and nothing else. */
async function asPrinted(options: EcsFleetOptions) {
  const printed = await quickFleet(options).lasting!.permissions({ iamStatements });
  await aws().createPolicy({
    name: printed.boundary.name,
    path: printed.boundary.path,
    document: { Version: '2012-10-17', Statement: printed.boundary.statements },
  });
  // The base is the test's own.
  const base: IamStatement = {
    Effect: 'Allow',
    Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: ['*'],
  };
  const keys: AwsEnvironment = await aws().asUserWith([...printed.statements, base]);
  return quickFleet({ ...options, environment: { ...variablesFor(aws()), ...keys } });
}

it('may be made, seen and removed with the printed policy, within the printed boundary', async () => {
  const containerImage = await baseImage(aws());
  const before = (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const fleet = await asPrinted(optionsFor(aws(), { containerImage, endFromOutside: 'always' }));
  const request = await provisionRequest({ iamStatements });
  expect((await fleet.plan(request)).resources.length).toBeGreaterThan(10);
  const handle = await fleet.provision(request);
  expect((await fleet.lasting!.list()).map(({ fleetId, state }) => [fleetId, state])).toEqual([
    [request.fleetId, 'running'],
  ]);
  const found = await fleet.lasting!.check(request);
  expect(found.filter(({ state }) => state === 'problem')).toEqual([]);
  await (await fleet.open(request.fleetId)).status();
  expect(await handle.destroy()).toMatchObject({ remaining: [] });
  const policies = (one: string) => !one.startsWith('ecr:') && !one.startsWith('iam:policy');
  expect((await aws().inventory()).filter(policies)).toEqual(before);
  expect(await parameterProblems(aws().calls)).toEqual([]);
});
