import { DeleteNetworkInterfaceCommand } from '@aws-sdk/client-ec2';
import { listOf, textOf, type Answer, type Call } from '../calls.js';
import type { Account } from '../account.js';
import { releaseAddress, takeAddress } from '../addresses.js';
import { hasAgent } from './public-parameters.js';
import type { Ecs } from '../ecs/ecs.js';
import { elements, text, type XmlElement } from '../xml.js';

/** States and their codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html. */
export const stateCodes = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48 } as const;
export type MachineState = keyof typeof stateCodes;

/** What the stand-in knows of a machine beyond moto. */
export interface KnownMachine {
  readonly id: string;
  readonly groups: readonly string[];
  readonly address: string;
  readonly clientToken: string;
  /** Name of its instance profile. */
  readonly profile: string | undefined;
  /** Network interfaces that go with it. */
  readonly interfaces: readonly string[];
  state: MachineState;
  /** Looks since the state was entered. */
  looks: number;
}

/** The machines of the account: moto's go from `pending` to `running` at once, and end at once. */
export class Machines {
  readonly #account: Account;
  readonly #ecs: Ecs;
  readonly #known = new Map<string, KnownMachine>();
  /** Launches that moto is asked for: what they make is not known yet. */
  launching = 0;

  constructor(account: Account, ecs: Ecs) {
    this.#account = account;
    this.#ecs = ecs;
  }

  get(id: string): KnownMachine | undefined {
    return this.#known.get(id);
  }

  usersOf(group: string): KnownMachine[] {
    return [...this.#known.values()].filter(
      ({ groups, state }) => groups.includes(group) && state !== 'terminated',
    );
  }

  /** Takes up what RunInstances made. */
  async add(call: Call, instances: readonly XmlElement[]): Promise<void> {
    const userData = Buffer.from(textOf(call, 'UserData'), 'base64');
    for (const instance of instances) {
      const id = text(instance, 'instanceId');
      const address = takeAddress();
      const asked = [
        ...listOf(call, 'SecurityGroupId'),
        ...Object.entries(call.parameters)
          .filter(([key]) => /^NetworkInterface\.\d+\.SecurityGroupId\.\d+$/.test(key))
          .map(([, value]) => String(value)),
      ];
      const interfaces = elements(instance, 'networkInterfaceSet', 'item')
        .filter((_, index) => textOf(call, `NetworkInterface.${index + 1}.DeleteOnTermination`) !== 'false')
        .map((one) => text(one, 'networkInterfaceId'));
      const clientToken = textOf(call, 'ClientToken');
      const profile = profileOf(call);
      const known = { id, groups: asked, address, clientToken, interfaces, profile };
      this.#known.set(id, { ...known, state: 'pending', looks: 0 });
      const machine = {
        id,
        userData,
        publicAddress: text(instance, 'ipAddress') ? address : undefined,
        privateAddress: address,
        tags: Object.fromEntries(
          elements(instance, 'tagSet', 'item').map((tag) => [text(tag, 'key'), text(tag, 'value')]),
        ),
        instanceProfile: profile,
      };
      await this.#account.behaviour.onMachine(machine);
      if (hasAgent(text(instance, 'imageId'))) await this.#ecs.machineStarted(machine, instance);
    }
  }

  async end(id: string): Promise<void> {
    const machine = this.#known.get(id);
    if (!machine || machine.state === 'shutting-down' || machine.state === 'terminated') return;
    machine.state = 'shutting-down';
    machine.looks = 0;
    await this.#account.behaviour.onMachineGone(id);
    await this.#ecs.machineEnded(id);
    releaseAddress(machine.address);
    // What RunInstances made goes with the machine unless it was told otherwise; moto does the reverse.
    const { moto, direct } = this.#account;
    for (const NetworkInterfaceId of machine.interfaces) {
      await moto
        .unrestricted(() => direct.ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })))
        .catch((error: unknown) => {
          if (!String(error).startsWith('InvalidNetworkInterfaceID.NotFound')) throw error;
        });
    }
  }

  /** Somebody looks: time goes on. */
  look(machine: KnownMachine): void {
    const { pendingLooks, stoppingLooks } = this.#account.behaviour;
    const next = { pending: 'running', 'shutting-down': 'terminated' } as const;
    if (machine.state !== 'pending' && machine.state !== 'shutting-down') return;
    if (machine.looks >= (machine.state === 'pending' ? pendingLooks : stoppingLooks)) {
      machine.state = next[machine.state];
      machine.looks = 0;
    }
    machine.looks += 1;
  }

  /** Gives up all addresses, and tells the hooks. */
  async clear(): Promise<void> {
    for (const id of this.#known.keys()) await this.end(id);
    this.#known.clear();
  }

  /** Writes addresses and state into the description of an instance. */
  rewrite(instance: XmlElement): void {
    const machine = this.#known.get(text(instance, 'instanceId'));
    if (!machine) return;
    const { address, clientToken, state, profile } = machine;
    instance['clientToken'] = clientToken;
    // moto tells none.
    if (profile !== undefined && 'imageId' in instance) {
      instance['iamInstanceProfile'] = { arn: `arn:aws:iam::123456789012:instance-profile/${profile}` };
    }
    instance['instanceState'] = { code: String(stateCodes[state]), name: state };
    const lives = state === 'pending' || state === 'running';
    if (!lives) {
      delete instance['ipAddress'];
      delete instance['privateIpAddress'];
      delete instance['networkInterfaceSet'];
      return;
    }
    instance['privateIpAddress'] = address;
    if (text(instance, 'ipAddress')) instance['ipAddress'] = address;
    for (const networkInterface of elements(instance, 'networkInterfaceSet', 'item')) {
      networkInterface['privateIpAddress'] = address;
      const association = networkInterface['association'];
      if (association && typeof association === 'object' && !Array.isArray(association)) {
        association['publicIp'] = address;
      }
    }
  }
}

/** The name of the instance profile that a call of RunInstances asks for. */
export function profileOf(call: Call): string | undefined {
  const name = textOf(call, 'IamInstanceProfile.Name');
  return name || textOf(call, 'IamInstanceProfile.Arn').split('/').pop() || undefined;
}

export function succeeded(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}
