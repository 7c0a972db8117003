import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const aws = useAws();

/** What a call that launches a machine asks for; tags as their keys, and values that do not change from call to call. */
function askedFor(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const changing = /^(DryRun|ClientToken|UserData)$|^TagSpecification\./;
  const tags = Object.entries(parameters).filter(([name]) =>
    /^TagSpecification\.1\.Tag\.\d+\.Key$/.test(name),
  );
  return {
    ...Object.fromEntries(Object.entries(parameters).filter(([name]) => !changing.test(name))),
    tags: tags.map(([, key]) => key),
  };
}

/** As many as are allowed, with one more. */
const furtherTags = Object.fromEntries(Array.from({ length: 35 }, (_, index) => [`tag-${index}`, 'x']));

it('asks EC2 for the machine that is launched later: policies of an organisation may want all of it', () =>
  withFolder(tmpdir(), async (folder) => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
    const work = { fleetId: '20261123-093000-0000000001', folder, environment, uiPort, adopted: {} };
    const fleet = fleetOf({ ...settingsOf(work), tags: { 'cost-center': '4711', ...furtherTags } });
    const request = { ...requestOf(work, new AbortController().signal), name: 'many-tags' };
    const findings = await fleet.lasting!.check(request);
    expect(findings.find(({ subject }) => subject === 'launch')).toMatchObject({ state: 'good' });
    await fleet.provision(request);
    const launches = aws().calls.filter(({ name }) => name === 'ec2:RunInstances');
    // The first launch of a new instance profile is refused for a while.
    const [trial, launch] = [launches[0], launches.at(-1)].map((call) => askedFor(call!.parameters));
    expect(launches.filter(({ parameters }) => parameters['DryRun'] === 'true')).toEqual([launches[0]]);
    expect(trial!['tags']).toContain('cost-center');
    // What AWS allows.
    expect(launch!['tags']).toHaveLength(50);
    expect(launch!['tags']).toEqual(expect.arrayContaining(trial!['tags'] as string[]));
    // What is made for the fleet is not there yet.
    const made = {
      'IamInstanceProfile.Name': expect.any(String) as string,
      'NetworkInterface.1.SecurityGroupId.1': expect.any(String) as string,
      tags: expect.any(Array) as string[],
    };
    expect({ ...trial, ...made }).toEqual({ ...launch, ...made });
    await fleet.lasting!.destroy(work.fleetId);
  }));
