import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLoadwrightError } from '@loadwright/core/fleet';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lookUpCaller } from './account/caller.js';
import { accountProblem } from './account/problem.js';
import { Aws } from './clients.js';
import { patient } from './settings.js';

const config = `
[profile over]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = dev
[profile never]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = dev
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile process]
credential_process = /bin/false --token canary-secret
[profile borrowed]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = absent
[profile empty]
region = eu-west-1
[profile counted]
credential_process = /bin/sh HOME/counted.sh
`;

/** Says what a credential_process says, and that it was asked. */
const counted = `echo asked >> HOME/asked
echo '{"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"canary-secret"}'
`;

describe('credentials', () => {
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'loadwright-home-'));
    const cache = join(home, '.aws', 'sso', 'cache');
    await mkdir(cache, { recursive: true });
    await writeFile(join(home, '.aws', 'config'), config.replace('HOME', home));
    await writeFile(join(home, 'counted.sh'), counted.replace('HOME', home));
    // Where the SDK looks for the token of a start URL: named by its hash.
    const name = createHash('sha1').update('https://corp.awsapps.com/start').digest('hex');
    const token = { startUrl: 'x', region: 'eu-west-1', accessToken: 'x', expiresAt: '2020-01-01T00:00:00Z' };
    await writeFile(join(cache, `${name}.json`), JSON.stringify(token));
    for (const [variable, value] of Object.entries({
      HOME: home,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: undefined,
      AWS_SHARED_CREDENTIALS_FILE: undefined,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_PROFILE: undefined,
    })) {
      vi.stubEnv(variable, value);
    }
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });

  const clientsOf = (profile: string | undefined) =>
    new Aws(
      {
        fleetKind: 'ec2',
        region: 'eu-west-1',
        profile,
        endpoint: 'http://127.0.0.1:1',
        pace: { ...patient, attempts: 1 },
      },
      new AbortController().signal,
    );

  it.each([
    ['absent', /^The profile holds no AWS credentials: .*\[absent\]/, /aws configure list-profiles/],
    ['empty', /^The profile holds no AWS credentials: .*\[empty\]/, /aws configure list-profiles/],
    ['borrowed', /^The profile holds no AWS credentials: .*\[absent\]/, /aws configure list-profiles/],
    ['over', /^There is no SSO session, or it is over: .*expired/, /^Log in: aws sso login/],
    ['never', /^There is no SSO session, or it is over: /, /^Log in: aws sso login/],
    ['process', /^The credential_process of the AWS profile failed\.$/, /by hand/],
    [undefined, /^There are no AWS credentials: /, /AWS_PROFILE, or AWS_ACCESS_KEY_ID/],
  ])('of the profile %s are told to be missing', async (profile, says, remedy) => {
    const aws = clientsOf(profile);
    const problem = accountProblem(await lookUpCaller(aws).catch((error: unknown) => error));
    aws.close();
    expect(isLoadwrightError(problem) && problem).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(says) as string,
      hint: expect.stringMatching(remedy) as string,
    });
    expect(problem.message).not.toContain('canary');
  });

  it('of a profile are looked up once for all services', async () => {
    const aws = clientsOf('counted');
    const found = await Promise.all(
      [aws.ec2, aws.iam, aws.s3].map(({ config: { credentials } }) => credentials()),
    );
    aws.close();
    expect(found.map(({ accessKeyId }) => accessKeyId)).toEqual(Array(3).fill('AKIDEXAMPLE'));
    expect(await readFile(join(home, 'asked'), 'utf8')).toBe('asked\n');
  });
});
