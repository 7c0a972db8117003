import { DeleteParametersCommand, DescribeParametersCommand } from '@aws-sdk/client-ssm';
import type { Account } from '../account.js';
import { errorAnswer, jsonAnswer } from '../answers.js';
import { textOf, type Call, type Layer } from '../calls.js';

/** Bytes that a parameter may hold: https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const most = { standard: 4096, advanced: 8192 };

/**
 * Tiers of parameters, and the date after which the Parameter Store removes one, by the clock of the account:
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html. It removes them before anybody looks;
 * AWS does it in scans of which it does not tell how often they come.
 */
export class ParameterPolicies {
  readonly #account: Account;
  /** Of advanced parameters; undefined for one without a date. */
  readonly #ends = new Map<string, Date | undefined>();

  constructor(account: Account) {
    this.#account = account;
  }

  readonly layer: Layer = async (call, next) => {
    if (call.service !== 'ssm') return next(call);
    await this.enforce();
    if (call.name === 'ssm:PutParameter') return this.#put(call, next);
    const answer = await next(call);
    if (answer.status === 200) for (const name of deletedBy(call)) this.#ends.delete(name);
    return answer;
  };

  /** Removes what is over. */
  async enforce(): Promise<void> {
    const { moto, direct, behaviour } = this.#account;
    const now = Date.now() + behaviour.clockOffset * 1000;
    const over = [...this.#ends].filter(([, end]) => end !== undefined && end.getTime() <= now);
    for (const [name] of over) {
      this.#ends.delete(name);
      await moto.unrestricted(() => direct.ssm.send(new DeleteParametersCommand({ Names: [name] })));
    }
  }

  /** Names of parameters that stay until somebody removes them. */
  async endless(): Promise<string[]> {
    const { moto, direct } = this.#account;
    const { Parameters = [] } = await moto.unrestricted(() =>
      direct.ssm.send(new DescribeParametersCommand({})),
    );
    return Parameters.map(({ Name = '' }) => Name).filter((name) => this.#ends.get(name) === undefined);
  }

  async #put(call: Call, next: (call: Call) => ReturnType<Layer>): ReturnType<Layer> {
    const name = textOf(call, 'Name');
    const tier = textOf(call, 'Tier') || 'Standard';
    const policies = textOf(call, 'Policies');
    const bytes = Buffer.byteLength(textOf(call, 'Value'));
    const isAdvanced =
      tier === 'Advanced' || (tier === 'Intelligent-Tiering' && (policies !== '' || bytes > most.standard));
    const refuse = (message: string) => errorAnswer(call, 'ValidationException', message);
    if (bytes > (isAdvanced ? most.advanced : most.standard)) return refuse(`${bytes} bytes are too many.`);
    if (policies !== '' && !isAdvanced) return refuse('Policies need the advanced-parameter tier.');
    if (this.#ends.has(name) && !isAdvanced) {
      return refuse('An advanced parameter cannot become a standard one.');
    }
    const end = policies === '' ? this.#ends.get(name) : endOf(policies);
    if (end === 'wrong') return errorAnswer(call, 'InvalidPolicyAttributeException', policies);
    const answer = await next(call);
    if (answer.status !== 200) return answer;
    if (isAdvanced) this.#ends.set(name, end);
    const body = JSON.parse(answer.body.toString()) as object;
    return jsonAnswer({ ...body, Tier: isAdvanced ? 'Advanced' : 'Standard' });
  }
}

/** The date of an Expiration; undefined when there is none. */
function endOf(policies: string): Date | 'wrong' | undefined {
  try {
    const list = JSON.parse(policies) as {
      Type: string;
      Version: string;
      Attributes: { Timestamp: string };
    }[];
    const expiration = list.find(({ Type }) => Type === 'Expiration');
    if (expiration === undefined) return undefined;
    const date = new Date(expiration.Attributes.Timestamp);
    return Number.isNaN(date.getTime()) || expiration.Version !== '1.0' ? 'wrong' : date;
  } catch {
    return 'wrong';
  }
}

function deletedBy({ name, parameters: { Name, Names } }: Call): string[] {
  if (name === 'ssm:DeleteParameter') return [String(Name)];
  return name === 'ssm:DeleteParameters' && Array.isArray(Names) ? Names.map(String) : [];
}
