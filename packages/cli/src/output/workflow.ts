import { formatDuration } from '@loadwright/core';
import { formatDollars } from '@loadwright/core/report';
import type { Action, WorkflowEvent, WorkflowReport } from '@loadwright/core/workflow';
import type { PlannedPart, totalPrice } from '../workflow/resolve.js';
import type { Colors } from './colors.js';
import { formatHourly } from './fleet.js';
import { formatTable } from './table.js';

/** What a workflow would do, for people. */
export function formatWorkflowPlan(
  {
    name,
    actions,
    parts,
    price,
  }: {
    readonly name: string;
    readonly actions: readonly Action[];
    readonly parts: readonly PlannedPart[];
    readonly price: ReturnType<typeof totalPrice>;
  },
  colors: Colors,
): string[] {
  const [lower, upper] = price.isIncomplete ? ['at least ', 'at least '] : ['', 'at most '];
  return [
    `${colors.bold(name)}: ${actions.length} ${actions.length === 1 ? 'step' : 'steps'}`,
    ...actions.map(
      ({ id }, index) => `  ${index + 1}. ${id}${describePart(parts.find((part) => part.id === id))}`,
    ),
    '',
    `${colors.bold('Price')} ${lower}${formatDollars(price.usDollars)} for all loads, ` +
      `${upper}${formatDollars(price.usDollarsAtMost)} until the last machine ends itself`,
    ...[...new Set(parts.flatMap(({ plan }) => plan.warnings ?? []))].map(
      (warning) => `${colors.yellow('!')} ${warning}`,
    ),
  ];
}

function describePart(part: PlannedPart | undefined): string {
  if (!part) return '';
  const { plan, request, loadSeconds } = part;
  return `: ${request.workers} workers, ${formatHourly(plan.pricePerHour)}, ${formatDuration(loadSeconds)} of load`;
}

/** One line for what has happened; undefined for what needs none. */
export function formatWorkflowEvent(event: WorkflowEvent, colors: Colors): string {
  const { action, state, number, of, outcome } = event;
  const place = colors.dim(`${number}/${of}`);
  const named = `${place} ${colors.bold(action.id)}`;
  switch (state) {
    case 'started':
      return `${named} …`;
    case 'finished':
    case 'known':
      return `${named} ${describeVerdict(outcome?.verdict, colors)}${outcome?.detail ?? ''}${state === 'known' ? ' (done before)' : ''}`;
    case 'skipped':
      return `${named} ${colors.dim('skipped')}`;
    case 'failed':
      return `${named} ${colors.red('failed')}`;
  }
}

/** What a workflow came to, for people. */
export function formatWorkflowReport({ actions }: WorkflowReport, colors: Colors): string {
  return formatTable(
    ['step', 'verdict', 'result'],
    actions.map(({ id, state, outcome }) => [
      id,
      outcome?.verdict ? describeVerdict(outcome.verdict, colors).trimEnd() : state === 'done' ? '' : state,
      outcome?.detail ?? '',
    ]),
    colors,
  );
}

function describeVerdict(verdict: 'PASS' | 'FAIL' | 'INVALID' | undefined, colors: Colors): string {
  if (verdict === undefined) return '';
  const paint = { PASS: colors.green, FAIL: colors.red, INVALID: colors.yellow };
  return `${paint[verdict](verdict)} `;
}
