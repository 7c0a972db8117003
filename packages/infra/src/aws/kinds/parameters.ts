import {
  DeleteParametersCommand,
  paginateDescribeParameters,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { all } from '../all.js';
import type { Aws } from '../clients.js';
import type { CreatableKind } from '../kind.js';
import { outsideEnd, parameterPrefix, tagsOf, type FleetIdentity } from '../fleet-identity.js';
import { isPresent } from '../service-error.js';
import { namedResources } from './named.js';

/** Secrets by the name of their parameter below the prefix of the fleet: `worker/DATABRICKS_TOKEN`. */
export interface ParameterValues {
  readonly values: Readonly<Record<string, string>>;
  /** Called for each that was there before. */
  readonly onPresent?: (name: string) => void;
}

/** The most names that DeleteParameters takes. */
const deletedAtOnce = 10;

/**
 * How each is stored: encrypted, and removed by the Parameter Store itself when the time of its fleet is over, whatever has become of
 * who made it. Advanced parameters alone have such a policy; they hold 8 KB, standard ones 4 KB.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html
 */
function storage(fleet: Pick<FleetIdentity, 'expiresAt'>) {
  const Attributes = { Timestamp: outsideEnd(fleet).toISOString() };
  return {
    Type: 'SecureString',
    Tier: 'Advanced',
    Policies: JSON.stringify([{ Type: 'Expiration', Version: '1.0', Attributes }]),
  } as const;
}

/** All parameters of a fleet, which are one resource: its id is what their names begin with. */
export const parameters: CreatableKind<ParameterValues> = {
  name: 'parameters',

  async find(aws, { fleetId }) {
    // Whoever's they are: their names hold the fleet.
    const names = await (fleetId === undefined
      ? namesWith(aws, 'BeginsWith', `/loadwright/${aws.settings.fleetKind}/`)
      : namesWith(aws, 'Contains', `/${fleetId}/`));
    // Others may keep parameters below /loadwright/ too.
    const own = namedResources(aws, this.name, names).filter(
      (one) => one.fleetId === (fleetId ?? one.fleetId),
    );
    const found = own.map((one) => {
      const id = one.id.slice(0, one.id.indexOf(one.fleetId) + one.fleetId.length + 1);
      return [id, { ...one, id }] as const;
    });
    return [...new Map(found).values()];
  },

  /** They are written by {@link complete}, which goes on where an earlier attempt ended. */
  async create({ settings: { owner } }, fleet) {
    return parameterPrefix(fleet, owner);
  },

  async complete(aws, fleet, id, { values, onPresent }) {
    const Tags = tagsOf(fleet, 'secret');
    await all(
      Object.entries(values).map(([name, Value]) =>
        aws.ssm
          .send(new PutParameterCommand({ ...storage(fleet), Name: `${id}${name}`, Value, Tags }))
          .catch((error: unknown) => {
            if (!isPresent(error)) throw error;
            onPresent?.(name);
          }),
      ),
    );
  },

  async exists(aws, id) {
    return (await namesWith(aws, 'BeginsWith', id)).length > 0;
  },

  async destroy(aws, id) {
    const names = await namesWith(aws, 'BeginsWith', id);
    for (let from = 0; from < names.length; from += deletedAtOnce) {
      const Names = names.slice(from, from + deletedAtOnce);
      await aws.ssm.send(new DeleteParametersCommand({ Names }));
    }
  },
};

/** Gives parameters that exist other values, and the end of this fleet. */
export async function overwriteParameters(
  aws: Aws,
  fleet: FleetIdentity,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  await all(
    Object.entries(values).map(([name, Value]) =>
      aws.ssm.send(
        new PutParameterCommand({
          ...storage(fleet),
          Name: `${parameterPrefix(fleet, aws.settings.owner)}${name}`,
          Value,
          Overwrite: true,
        }),
      ),
    ),
  );
}

async function namesWith(aws: Aws, Option: 'BeginsWith' | 'Contains', text: string): Promise<string[]> {
  const names: string[] = [];
  const filter = { Key: 'Name', Option, Values: [text] };
  const pages = paginateDescribeParameters({ client: aws.ssm }, { ParameterFilters: [filter] });
  for await (const { Parameters = [] } of pages) names.push(...Parameters.map(({ Name = '' }) => Name));
  return names;
}
