import { isLoadwrightError, LoadwrightError, type FleetPermissions } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { readConfiguration } from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import { exampleOf, patternOf } from '../../fleet/fleet-kinds.js';
import { examples } from '../../output/help.js';
import { formatTemplate, lengthNotes, policyDocument, roleTemplate } from '../../output/policy.js';
import { findFleet, isOfThisMachine } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';
import { iamStatementsOf, stagingStatementsOf } from '../../config/target.js';

const formats = ['json', 'cloudformation'] as const;

interface PolicyFlags extends FleetFlags {
  readonly format: (typeof formats)[number];
  readonly roleName?: string;
  readonly account?: string;
  readonly owner?: string;
  readonly machine?: boolean;
  readonly boundary?: boolean;
}

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetFlags(command.command('policy'), context)
    .description(
      'The permissions that a fleet needs, and no more: to be attached to whoever deploys it; where the load comes from this ' +
        'machine, those that the load needs. Needs neither permissions nor credentials; those that there are tell the account.',
    )
    .option('--account <id>', 'id of the AWS account (default: that of the credentials)')
    .option('--owner <name>', 'for runs of this owner alone: their secrets and roles, and nobody else’s')
    .addOption(
      new Option('--format <format>', 'a policy as JSON, or a template as YAML that makes a role with it')
        .choices([...formats])
        .default('json'),
    )
    .option('--machine', 'what the role of an instance profile of yours must allow the machine instead')
    .option(
      '--boundary',
      'the policy that limits every role that is made, for an administrator to create once',
    )
    .option('--role-name <name>', 'name of the role of the template (default: LoadwrightOperator)')
    .addHelpText(
      'after',
      examples(context, [
        [`loadwright iam policy ${example.flags} > policy.json`, 'without a configuration file'],
        ['loadwright iam policy --account 123456789012', 'without credentials'],
        ['loadwright iam policy --owner alice', 'for the fleets of alice, with their option owner: alice'],
        ['loadwright iam policy --machine', 'for the role of the option instanceProfile'],
        ['loadwright iam policy --boundary > boundary.json', 'for an administrator'],
        ['loadwright iam policy --format cloudformation --role-name LoadTester > role.yaml', 'as a template'],
      ]),
    )
    .action(context.action((options: PolicyFlags) => printPolicy(options, context)));
  command.addHelpText(
    'after',
    examples(context, [['loadwright iam policy', 'what whoever deploys must be allowed']]),
  );
}

async function printPolicy(options: PolicyFlags, context: Context): Promise<ExitCode> {
  const { format, roleName, account, owner, machine = false, boundary: asksForBoundary = false } = options;
  requireRoleName(options);
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw new LoadwrightError(
      'USAGE',
      `--account: found "${account}", expected the 12 digits of an account`,
      {
        hint: 'leave it out to ask AWS with your credentials, or to have a policy for any account',
      },
    );
  }
  requireOwner(owner);
  const isOfFleet = machine || asksForBoundary || owner !== undefined || format !== 'json';
  if (!isOfFleet && (await isOfThisMachine(options, context))) {
    const { iamStatements: ofLoad } = await permissionsOfTarget(options, context);
    const needs = ofLoad.length > 0 ? 'What the load needs.' : 'The load needs no permissions.';
    context.note(`${needs} For a deployed fleet: loadwright iam policy ${patternOf(context.fleets)}`);
    context.printJson(policyDocument(ofLoad));
    return exitCodes.pass;
  }
  const { lasting } = await findFleet(options, context);
  const target = await permissionsOfTarget(options, context);
  const { iamStatements } = target;
  const { ofMachine, boundary, notes, ...permissions } = await lasting.permissions({
    iamStatements,
    ...(account !== undefined && { accountId: account }),
    ...(owner !== undefined && { owner }),
  });
  const statements = [...permissions.statements, ...target.stagingStatements];
  const isLimit = machine || asksForBoundary;
  const remarks = [
    ...(isLimit ? [] : notes),
    ...(isLimit || format !== 'json' ? [] : lengthNotes(statements)),
    ...target.notes,
    ...(asksForBoundary
      ? [`Create it once in the account, as ${boundary.path}${boundary.name}:`, createCommand(boundary)]
      : []),
  ];
  if (remarks.length > 0) context.note(...remarks);
  if (machine) context.printJson(policyDocument(ofMachine));
  else if (asksForBoundary) context.printJson(policyDocument(boundary.statements));
  else if (format === 'json') context.printJson(policyDocument(statements));
  else {
    const template = roleTemplate({ statements, boundary, roleName: roleName ?? 'LoadwrightOperator' });
    if (context.json) context.printJson(template);
    else context.print(formatTemplate(template).trimEnd());
  }
  return exitCodes.pass;
}

/** As the option of the fleet. */
function requireOwner(owner: string | undefined): void {
  if (owner === undefined || /^[a-z][a-z0-9-]{0,15}$/.test(owner)) return;
  throw new LoadwrightError(
    'USAGE',
    `--owner: found "${owner}", expected 1 to 16 lower-case letters, digits and hyphens, the first a letter`,
    { hint: 'give the option owner of the fleet the same name' },
  );
}

/** The call that makes the boundary of the printed file. */
function createCommand({ name, path }: FleetPermissions['boundary']): string {
  return `aws iam create-policy --policy-name ${name} --path ${path} --policy-document file://boundary.json`;
}

/** What the target of the configuration needs. Whoever names a fleet may do without a configuration. */
async function permissionsOfTarget({ config, fleet }: PolicyFlags, { io }: Context) {
  try {
    const loaded = await readConfiguration({ config }, io, 'iam policy');
    const { target } = loaded.config;
    return {
      iamStatements: iamStatementsOf(target),
      stagingStatements: stagingStatementsOf(target),
      notes: [],
    };
  } catch (error) {
    if (fleet === undefined || config !== undefined || !isLoadwrightError(error)) throw error;
    return {
      iamStatements: [],
      stagingStatements: [],
      notes: [`What the target needs is not among them, because no configuration names it: ${error.message}`],
    };
  }
}

/** As IAM names roles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
function requireRoleName({ format, roleName, machine, boundary }: PolicyFlags): void {
  if (machine && boundary) {
    throw new LoadwrightError('USAGE', '--boundary: found beside --machine, expected one of the two', {
      hint: 'Leave one of them out.',
    });
  }
  const limit = machine ? '--machine' : boundary ? '--boundary' : undefined;
  if (limit !== undefined && format !== 'json') {
    throw new LoadwrightError('USAGE', `--format: found "${format}", expected json with ${limit}`, {
      hint: `the template makes a role for whoever deploys, and the boundary: leave ${limit} or --format out`,
    });
  }
  if (roleName === undefined) return;
  if (format === 'json') {
    throw new LoadwrightError('USAGE', '--role-name: a policy has no role', {
      hint: 'add --format cloudformation, or leave --role-name out',
    });
  }
  if (/^[\w+=,.@-]{1,64}$/.test(roleName)) return;
  throw new LoadwrightError(
    'USAGE',
    `--role-name: found "${roleName}", expected 1 to 64 letters, digits or _ + = , . @ -`,
    { hint: 'choose another name' },
  );
}
