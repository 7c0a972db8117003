import { readFile } from 'node:fs/promises';
import { text, isCancel } from '@clack/prompts';
import { LoadwrightError } from '@loadwright/core/errors';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { Consents } from '../mcp/consent.js';
import { consentQuestion } from '../mcp/question.js';
import { examples } from '../output/help.js';
import { formatDollars } from '@loadwright/core/report';
import { rawStream } from '../output/safe-stream.js';
import type { Context } from '../shell/context.js';

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Serve agents on stdin and stdout by the Model Context Protocol, in the folder of a project. Tools that only look are free; ' +
        'what costs or removes something needs a plan, and a budget that a person agreed to.',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright mcp', 'what the configuration of an agent starts'],
        ['loadwright mcp approve 4f32386de5a1b2c3', 'agree to a plan of an agent whose client cannot ask'],
        ['loadwright mcp skill', 'a text that teaches an agent the command'],
      ]),
    )
    .action(context.action(() => serve(context)));
  command
    .command('approve <plan>')
    .description('Shows a plan of an agent, and asks for a budget. For one time, within 15 minutes.')
    .action(context.action((plan: string) => approve(plan, context)));
  command
    .command('skill')
    .description('Prints SKILL.md, which teaches an agent the command.')
    .action(context.action(() => printSkill(context)));
}

async function serve({ io, fleets, run }: Context): Promise<ExitCode> {
  if (io.stdin.isTTY) {
    throw new LoadwrightError('USAGE', 'mcp: a program speaks to it, and this is a terminal', {
      hint: 'name it in the configuration of an agent: { "command": "npx", "args": ["--no-install", "loadwright", "mcp"] }',
    });
  }
  const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
  const { createAgentServer } = await import('../mcp/server.js');
  const { server, end } = createAgentServer({ io, fleets, run });
  const over = new Promise<void>((resolve) => {
    // Whoever started it has gone, or wants it to go.
    for (const event of ['end', 'close', 'error']) io.stdin.once(event, resolve);
    io.onSignal(() => resolve());
  });
  await server.connect(new StdioServerTransport(io.stdin, rawStream(io.stdout)));
  await over;
  await end();
  await server.close();
  return exitCodes.pass;
}

async function approve(planHash: string, { io, note, print }: Context): Promise<ExitCode> {
  if (!io.stdin.isTTY || !io.stdout.isTTY) {
    throw new LoadwrightError(
      'USAGE',
      'mcp approve: a person agrees to a plan, and there is no terminal to ask on',
      {
        hint: 'type it in a terminal. There is no flag in place of an answer',
      },
    );
  }
  const consents = new Consents(io);
  const plan = await consents.find(planHash);
  note(consentQuestion(plan));
  const answer = await text({
    message: `Budget in US dollars, at least ${plan.mostUsDollars}; nothing: no`,
    validate: (value = '') =>
      value === '' || Number(value) >= plan.mostUsDollars
        ? undefined
        : `a number, at least ${plan.mostUsDollars}`,
    input: io.stdin,
    output: rawStream(io.stdout),
  });
  if (isCancel(answer) || answer === undefined || answer === '') {
    throw new LoadwrightError('ABORTED', 'not agreed; nothing was changed');
  }
  await consents.give(planHash, Number(answer));
  print(
    `The agent may carry out plan ${planHash}, once, within 15 minutes, for ${formatDollars(Number(answer))} at most.`,
  );
  return exitCodes.pass;
}

async function printSkill({ print }: Context): Promise<ExitCode> {
  print((await readFile(new URL('../mcp/skill/SKILL.md', import.meta.url), 'utf8')).trimEnd());
  return exitCodes.pass;
}
