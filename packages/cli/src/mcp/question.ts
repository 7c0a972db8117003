import { formatDollars } from '@loadwright/core/report';
import type { AskedPlan } from './consent.js';

/** What a person is asked, here and in the terminal. */
export function consentQuestion({ title, command, cwd, mostUsDollars, planHash }: AskedPlan): string {
  return [
    `An agent wants to carry out ${title}:`,
    `  ${command}`,
    `  in ${cwd}`,
    `The fleet costs at most ${formatDollars(mostUsDollars)}; what the tested service charges for the load comes on top.`,
    `Plan ${planHash}. What is your budget for the fleet?`,
  ].join('\n');
}
