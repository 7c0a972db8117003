import type { Account } from '../account.js';
import { textOf, type Layer } from '../calls.js';
import { at, parseXml, withXml, type XmlElement } from '../xml.js';
import { succeeded } from './machines.js';

/** What a machine says: moto has the same text for all. */
export function consoleOutput({ behaviour }: Account): Layer {
  return async (call, next) => {
    const answer = await next(call);
    if (call.name !== 'ec2:GetConsoleOutput' || !succeeded(answer)) return answer;
    const document = parseXml(answer);
    const said = behaviour.consoleOutput(textOf(call, 'InstanceId'));
    (at(document, 'GetConsoleOutputResponse') as XmlElement)['output'] = Buffer.from(said).toString('base64');
    return withXml(answer, document);
  };
}
