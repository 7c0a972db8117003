import { LoadwrightError } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { addConfigurationFlags, loadConfiguration, type ConfigurationFlags } from '../configuration.js';
import type { Context } from '../context.js';
import { createConfiguredTest } from '../load-test.js';
import { examples } from '../output/help.js';
import { policyDocument, roleTemplate } from '../output/policy.js';
import { planTest } from '../planning.js';
import { addFleetOverrides, configuredFleet, type FleetFlags } from '../standing.js';

const formats = ['json', 'cloudformation'] as const;

type PolicyFlags = ConfigurationFlags &
  FleetFlags & { readonly format: (typeof formats)[number]; readonly roleName?: string };

export function configure(command: Command, context: Context): void {
  const policy = command
    .command('policy')
    .description(
      'The permissions that the fleet of this configuration needs, and no more: to be attached to whoever deploys it.',
    );
  addFleetOverrides(addConfigurationFlags(policy))
    .addOption(
      new Option('--format <format>', 'a policy, or a template that makes a role with it')
        .choices([...formats])
        .default('json'),
    )
    .option('--role-name <name>', 'name of the role of the template (default: LoadwrightOperator)')
    .option('--json', 'as without it: the output is one JSON document in any case')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright iam policy > policy.json', 'as a policy'],
        ['loadwright iam policy --format cloudformation --role-name LoadTester', 'as a template'],
      ]),
    )
    .action(context.action((options: PolicyFlags) => printPolicy(options, context)));
  command.addHelpText(
    'after',
    examples(context, [['loadwright iam policy', 'what whoever deploys must be allowed']]),
  );
}

async function printPolicy(options: PolicyFlags, context: Context): Promise<ExitCode> {
  const { format, roleName } = options;
  requireRoleName(options);
  const { io } = context;
  const loaded = await loadConfiguration(options, io);
  const test = await createConfiguredTest(loaded, { environment: io.environment });
  const { plan } = await planTest(test, await configuredFleet(loaded, options, context));
  context.printJson(
    format === 'json'
      ? policyDocument(plan.permissions)
      : roleTemplate(plan.permissions, roleName ?? 'LoadwrightOperator'),
  );
  return exitCodes.pass;
}

/** As IAM names roles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
function requireRoleName({ format, roleName }: PolicyFlags): void {
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
