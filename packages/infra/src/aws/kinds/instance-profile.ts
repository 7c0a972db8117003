import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  paginateListInstanceProfiles,
  RemoveRoleFromInstanceProfileCommand,
  type InstanceProfile,
} from '@aws-sdk/client-iam';
import type { Aws } from '../clients.js';
import type { CreatableKind } from '../kind.js';
import { iamPath, nameOf, readTags, tagsOf } from '../fleet-identity.js';
import { unlessAbsent } from '../service-error.js';
import { namedResources } from './named.js';
import { removeWhenFree } from './remove-when-free.js';

/** The role that a machine takes on. */
export interface InstanceProfileParameters {
  /** The name of the role, once it exists. It is made at the same time as the profile. */
  readonly roleName: Promise<string>;
}

export const instanceProfile: CreatableKind<InstanceProfileParameters> = {
  name: 'instance profile',

  async find(aws, { fleetId }) {
    const PathPrefix = iamPath(aws.settings);
    if (fleetId !== undefined) {
      const id = nameOf(aws.fleet(fleetId));
      const profile = await get(aws, id);
      if (!profile?.Path?.startsWith(PathPrefix)) return [];
      return [{ kind: this.name, id, fleetId, tags: readTags(profile.Tags) }];
    }
    const names: string[] = [];
    const pages = paginateListInstanceProfiles({ client: aws.iam }, { PathPrefix });
    for await (const { InstanceProfiles = [] } of pages) {
      names.push(...InstanceProfiles.map(({ InstanceProfileName = '' }) => InstanceProfileName));
    }
    return namedResources(aws, this.name, names);
  },

  async create(aws, fleet) {
    const name = nameOf(fleet);
    await aws.iam.send(
      new CreateInstanceProfileCommand({
        InstanceProfileName: name,
        Path: iamPath(fleet, aws.settings.owner),
        Tags: tagsOf(fleet, 'machine'),
      }),
    );
    return name;
  },

  async complete(aws, _fleet, id, { roleName }) {
    const [name, found] = await Promise.all([roleName, get(aws, id)]);
    // It holds one role at most: an earlier attempt may have put it there.
    if (found?.Roles?.[0]?.RoleName === name) return;
    try {
      await aws.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: id, RoleName: name }));
    } catch (error) {
      const profile = await get(aws, id);
      if (profile?.Roles?.[0]?.RoleName !== name) throw error;
    }
  },

  async exists(aws, id) {
    return (await get(aws, id)) !== undefined;
  },

  async destroy(aws, id) {
    const profile = await get(aws, id);
    for (const { RoleName } of profile?.Roles ?? []) {
      await unlessAbsent(
        aws.iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: id, RoleName })),
      );
    }
    await removeWhenFree(aws, `instance profile ${id}`, () =>
      aws.iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: id })),
    );
  },
};

async function get(aws: Aws, id: string): Promise<InstanceProfile | undefined> {
  const command = new GetInstanceProfileCommand({ InstanceProfileName: id });
  return (await unlessAbsent(aws.iam.send(command)))?.InstanceProfile;
}
