import type { Account } from '../account.js';
import { errorAnswer } from '../answers.js';
import { textOf, type Answer, type Call, type Layer } from '../calls.js';
import { at, elements, parseXml, text, withXml, type XmlNode } from '../xml.js';
import { succeeded } from './machines.js';

/** A kind of resource that is not seen at once. */
interface Kind {
  /** The names of what a call has made. */
  readonly made: (call: Call, answer: Answer) => readonly string[];
  /** Calls that look for it. */
  readonly looks: RegExp;
  /** The elements of an answer by which it is known. */
  readonly fields: readonly string[];
  readonly notFound: readonly [code: string, status: number];
}

const kinds: readonly Kind[] = [
  {
    made: (call, answer) =>
      call.name === 'ec2:RunInstances'
        ? elements(parseXml(answer), 'RunInstancesResponse', 'instancesSet', 'item').map((instance) =>
            text(instance, 'instanceId'),
          )
        : [],
    looks: /^ec2:DescribeInstance(s|Status)$/,
    fields: ['instanceId'],
    notFound: ['InvalidInstanceID.NotFound', 400],
  },
  {
    made: (call, answer) =>
      call.name === 'ec2:CreateSecurityGroup'
        ? [text(parseXml(answer), 'CreateSecurityGroupResponse', 'groupId')]
        : [],
    looks: /^ec2:DescribeSecurityGroups$/,
    fields: ['groupId'],
    notFound: ['InvalidGroup.NotFound', 400],
  },
  {
    made: (call) => (call.name === 'iam:CreateRole' ? [textOf(call, 'RoleName')] : []),
    looks: /^iam:(GetRole|GetRolePolicy|ListRoles|ListRolePolicies|ListAttachedRolePolicies|ListRoleTags)$/,
    fields: ['RoleName'],
    notFound: ['NoSuchEntity', 404],
  },
  {
    made: (call) => (call.name === 'iam:CreateInstanceProfile' ? [textOf(call, 'InstanceProfileName')] : []),
    looks: /^iam:(GetInstanceProfile|ListInstanceProfiles|ListInstanceProfilesForRole)$/,
    fields: ['InstanceProfileName'],
    notFound: ['NoSuchEntity', 404],
  },
  {
    made: (call) => (call.name === 'ssm:PutParameter' ? [textOf(call, 'Name')] : []),
    looks: /^ssm:(GetParameters?|GetParametersByPath|DescribeParameters)$/,
    fields: ['Name'],
    notFound: ['ParameterNotFound', 400],
  },
  {
    // S3 is consistent but for the list: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
    made: (call) => (call.name === 's3:CreateBucket' ? [textOf(call, 'Bucket')] : []),
    looks: /^s3:ListBuckets$/,
    fields: ['Name'],
    notFound: ['NoSuchBucket', 404],
  },
];

/** Hides what is new from the first looks that would show it. */
export function eventualConsistency({ behaviour }: Account): Layer {
  const hidden = kinds.map(() => new Map<string, number>());

  return async (call, next) => {
    const answer = await next(call);
    if (!succeeded(answer)) return answer;
    kinds.forEach((kind, index) => {
      for (const name of kind.made(call, answer)) hidden[index]?.set(name, 0);
    });
    const index = kinds.findIndex(({ looks }) => looks.test(call.name));
    const kind = kinds[index];
    const ofKind = hidden[index];
    if (!kind || !ofKind) return answer;
    const isNew = (name: string) => (ofKind.get(name) ?? Infinity) < behaviour.hiddenLooks;
    const asked = [...ofKind.keys()].filter(
      (name) => isNew(name) && Object.values(call.parameters).includes(name),
    );
    if (asked[0]) {
      for (const name of asked) ofKind.set(name, (ofKind.get(name) ?? 0) + 1);
      const [code, status] = kind.notFound;
      return errorAnswer(call, code, `${asked[0]} does not exist`, status);
    }
    const gone = new Set<string>();
    const shown = without(answer, kind.fields, (name) => isNew(name) && gone.add(name).size > 0);
    for (const name of gone) ofKind.set(name, (ofKind.get(name) ?? 0) + 1);
    return gone.size > 0 ? shown : answer;
  };
}

/** The answer without the list elements that are known by one of these names. */
function without(answer: Answer, fields: readonly string[], drop: (name: string) => boolean): Answer {
  if (answer.body[0] === '{'.charCodeAt(0)) {
    const document = JSON.parse(answer.body.toString()) as XmlNode;
    return { ...answer, body: Buffer.from(JSON.stringify(pruned(document))) };
  }
  return withXml(answer, pruned(parseXml(answer)) as Exclude<XmlNode, string | XmlNode[]>);

  function pruned(node: XmlNode): XmlNode {
    if (Array.isArray(node)) {
      const kept = node.filter((one) => !fields.some((field) => drop(text(one, field)))).map(pruned);
      // EC2 describes no reservation of which all machines are gone.
      return kept.filter(
        (one) => at(one, 'instancesSet') === undefined || elements(one, 'instancesSet', 'item').length > 0,
      );
    }
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, pruned(child)]));
  }
}
