import type { Account } from '../account.js';
import type { Answer, Call, Layer } from '../calls.js';
import { at, elements, parseXml, text, withXml, type XmlElement } from '../xml.js';
import { succeeded, type Machines } from './machines.js';

const stateFilter = 'instance-state-name';

/** Machines come up and end over several looks, each at a loopback address of its own. */
export function describeInstances({ moto }: Account, machines: Machines): Layer {
  return async (call, next) => {
    if (call.name === 'ec2:TerminateInstances') return terminate(await next(call));
    if (call.name === 'ec2:DescribeInstanceStatus') return statuses(await next(call));
    if (call.name !== 'ec2:DescribeInstances') return next(call);
    const answer = await next(call);
    if (!succeeded(answer)) return answer;
    const wanted = statesAsked(call);
    if (!wanted) return instances(answer, () => true);
    // moto filters by the states of its own, which run ahead.
    const all = await moto.forwardUnrestricted({ ...call.request, body: withoutStateFilter(call) });
    return instances(all, (state) => wanted.includes(state));
  };

  async function instances(answer: Answer, keep: (state: string) => boolean): Promise<Answer> {
    const document = parseXml(answer);
    const reservations = elements(document, 'DescribeInstancesResponse', 'reservationSet', 'item');
    for (const reservation of reservations) {
      const found = elements(reservation, 'instancesSet', 'item').filter(isKnown);
      for (const instance of found) await show(instance);
      reservation['instancesSet'] = {
        item: found.filter((instance) => keep(text(instance, 'instanceState', 'name'))),
      };
    }
    const set = at(document, 'DescribeInstancesResponse', 'reservationSet') as XmlElement | '' | undefined;
    if (set) set['item'] = reservations.filter((one) => elements(one, 'instancesSet', 'item').length > 0);
    return withXml(answer, document);
  }

  /** What moto has made and RunInstances has not answered with is not there yet. */
  function isKnown(instance: XmlElement): boolean {
    return machines.launching === 0 || machines.get(text(instance, 'instanceId')) !== undefined;
  }

  async function show(instance: XmlElement): Promise<void> {
    const machine = machines.get(text(instance, 'instanceId'));
    if (!machine) return;
    // Ended behind the stand-in's back: by its own timer, or by AWS.
    if (text(instance, 'instanceState', 'name') === 'terminated') await machines.end(machine.id);
    machines.look(machine);
    machines.rewrite(instance);
  }

  async function terminate(answer: Answer): Promise<Answer> {
    if (!succeeded(answer)) return answer;
    const document = parseXml(answer);
    for (const instance of elements(document, 'TerminateInstancesResponse', 'instancesSet', 'item')) {
      await machines.end(text(instance, 'instanceId'));
    }
    return answer;
  }

  function statuses(answer: Answer): Answer {
    if (!succeeded(answer)) return answer;
    const document = parseXml(answer);
    for (const status of elements(document, 'DescribeInstanceStatusResponse', 'instanceStatusSet', 'item')) {
      const machine = machines.get(text(status, 'instanceId'));
      if (!machine) continue;
      machines.look(machine);
      machines.rewrite(status);
    }
    return withXml(answer, document);
  }
}

function statesAsked(call: Call): string[] | undefined {
  const filter = Object.entries(call.parameters).find(([, value]) => value === stateFilter)?.[0];
  const prefix = filter?.replace(/Name$/, 'Value.');
  return prefix
    ? Object.entries(call.parameters)
        .filter(([key]) => key.startsWith(prefix))
        .map(([, value]) => String(value))
    : undefined;
}

/** The same request for machines in every state. */
function withoutStateFilter(call: Call): Buffer {
  const prefix = Object.entries(call.parameters)
    .find(([, value]) => value === stateFilter)?.[0]
    .replace(/Name$/, '');
  const changed = new URLSearchParams();
  for (const [key, value] of Object.entries(call.parameters)) {
    const mine = prefix !== undefined && key.startsWith(prefix);
    if (!mine) changed.set(key, String(value));
  }
  if (prefix) {
    // Filters are numbered without gaps: the place of the one that goes is taken by one that everything passes.
    changed.set(`${prefix}Name`, stateFilter);
    ['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'].forEach((state, index) =>
      changed.set(`${prefix}Value.${index + 1}`, state),
    );
  }
  return Buffer.from(changed.toString());
}
