import { errorAnswer } from '../answers.js';
import { textOf, type Answer, type Call, type Layer } from '../calls.js';
import { elements, parseXml, withXml } from '../xml.js';
import { succeeded, type Machines } from './machines.js';

/** Before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html. */
const userDataLimitBytes = 16 * 1024;

/** What RunInstances does on AWS and not in moto: limits, client tokens, and machines that become something. */
export function runInstances(machines: Machines): Layer {
  const byToken = new Map<string, { parameters: string; answer: Promise<Answer> }>();

  return async (call, next) => {
    if (call.name !== 'ec2:RunInstances') return next(call);
    if (Buffer.from(textOf(call, 'UserData'), 'base64').length > userDataLimitBytes) {
      return errorAnswer(call, 'InvalidParameterValue', 'User data is limited to 16384 bytes');
    }
    // moto checks the permission and the parameters, and refuses with DryRunOperation.
    if (textOf(call, 'DryRun') === 'true') return next(call);
    const token = textOf(call, 'ClientToken');
    if (!token) return run(call, next);

    const parameters = JSON.stringify(Object.entries(call.parameters).sort());
    const earlier = byToken.get(token);
    if (earlier && earlier.parameters !== parameters) {
      return errorAnswer(
        call,
        'IdempotentParameterMismatch',
        `The client token ${token} was used with other parameters`,
      );
    }
    const answer = earlier?.answer ?? run(call, next);
    byToken.set(token, { parameters, answer });
    const result = await answer.catch((error: unknown) => {
      byToken.delete(token);
      throw error;
    });
    if (!succeeded(result)) byToken.delete(token);
    return asItIsNow(result);
  };

  async function run(call: Call, next: (call: Call) => Promise<Answer>): Promise<Answer> {
    let added: Promise<void> | undefined;
    machines.launching += 1;
    try {
      const answer = await next(call);
      if (succeeded(answer)) {
        added = machines.add(
          call,
          elements(parseXml(answer), 'RunInstancesResponse', 'instancesSet', 'item'),
        );
      }
      return answer;
    } finally {
      machines.launching -= 1;
      await added;
    }
  }

  function asItIsNow(answer: Answer): Answer {
    if (!succeeded(answer)) return answer;
    const document = parseXml(answer);
    for (const instance of elements(document, 'RunInstancesResponse', 'instancesSet', 'item')) {
      machines.rewrite(instance);
    }
    return withXml(answer, document);
  }
}
