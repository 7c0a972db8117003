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
  /** Calls that need it. */
  readonly uses?: RegExp;
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
    uses: /^ec2:(AuthorizeSecurityGroupIngress|RunInstances)$/,
    fields: ['groupId'],
    notFound: ['InvalidGroup.NotFound', 400],
  },
  {
    made: (call) => (call.name === 'iam:CreateRole' ? [textOf(call, 'RoleName')] : []),
    looks: /^iam:(GetRole|GetRolePolicy|ListRoles|ListRolePolicies|ListAttachedRolePolicies|ListRoleTags)$/,
    uses: /^iam:(PutRolePolicy|AddRoleToInstanceProfile)$/,
    fields: ['RoleName'],
    notFound: ['NoSuchEntity', 404],
  },
  {
    made: (call) => (call.name === 'iam:CreateInstanceProfile' ? [textOf(call, 'InstanceProfileName')] : []),
    looks: /^iam:(GetInstanceProfile|ListInstanceProfiles|ListInstanceProfilesForRole)$/,
    uses: /^iam:AddRoleToInstanceProfile$/,
    fields: ['InstanceProfileName'],
    notFound: ['NoSuchEntity', 404],
  },
  {
    // One that is written anew stays where it was.
    made: (call, answer) =>
      call.name === 'ssm:PutParameter' && isFirstVersion(answer) ? [textOf(call, 'Name')] : [],
    looks: /^ssm:(GetParameters?|GetParametersByPath|DescribeParameters)$/,
    fields: ['Name'],
    notFound: ['ParameterNotFound', 400],
  },
  {
    made: (call) => (call.name === 'scheduler:CreateSchedule' ? [textOf(call, 'Name')] : []),
    looks: /^scheduler:(GetSchedule|ListSchedules)$/,
    fields: ['Name'],
    notFound: ['ResourceNotFoundException', 404],
  },
  {
    // S3 is consistent but for the list: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
    made: (call) => (call.name === 's3:CreateBucket' ? [textOf(call, 'Bucket')] : []),
    looks: /^s3:ListBuckets$/,
    fields: ['Name'],
    notFound: ['NoSuchBucket', 404],
  },
];

const isFirstVersion = ({ body }: Answer) =>
  (JSON.parse(body.toString()) as { Version?: number }).Version === 1;

/** Hides what is new from the first looks that would show it, and from the first calls that need it. */
export function eventualConsistency({ behaviour }: Account): Layer {
  const hidden = kinds.map((kind) => ({
    kind,
    looks: new Map<string, number>(),
    uses: new Map<string, number>(),
  }));

  return async (call, next) => {
    for (const { kind, uses } of hidden) {
      const [needed] = kind.uses?.test(call.name) ? hiddenOnes(uses, call) : [];
      if (needed !== undefined) return notFound(kind, call, uses, [needed]);
    }
    const answer = await next(call);
    if (!succeeded(answer)) return answer;
    for (const { kind, looks, uses } of hidden) {
      for (const name of kind.made(call, answer)) {
        looks.set(name, 0);
        uses.set(name, 0);
      }
    }
    const asked = hidden.find(({ kind }) => kind.looks.test(call.name));
    if (!asked) return answer;
    const { kind, looks } = asked;
    const ids = hiddenOnes(looks, call);
    if (ids.length > 0) return notFound(kind, call, looks, ids);
    const gone = new Set<string>();
    const shown = without(answer, kind.fields, (name) => isHidden(looks, name) && gone.add(name).size > 0);
    for (const name of gone) count(looks, name);
    return gone.size > 0 ? shown : answer;
  };

  function isHidden(counts: Map<string, number>, name: string): boolean {
    return (counts.get(name) ?? Infinity) < behaviour.hiddenLooks;
  }

  function hiddenOnes(counts: Map<string, number>, call: Call): string[] {
    // What a filter names need not be there.
    const values = Object.entries(call.parameters).flatMap(([key, value]) =>
      key.startsWith('Filter.') ? [] : [value],
    );
    return [...counts.keys()].filter((name) => isHidden(counts, name) && values.includes(name));
  }

  function notFound(
    { notFound: [code, status] }: Kind,
    call: Call,
    counts: Map<string, number>,
    names: string[],
  ) {
    for (const name of names) count(counts, name);
    return errorAnswer(call, code, `${names[0]} does not exist`, status);
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
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
