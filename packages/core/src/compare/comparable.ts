import { isDeepStrictEqual } from 'node:util';
import type { ComparedRun } from './contract.js';

/** Rules about the generator. Where a run tolerated one, its figures may be the generator's, not the service's. */
const generatorRules: ReadonlySet<string> = new Set(['generator-cpu', 'offered-rate', 'worker-stalled']);

/**
 * Why runs cannot be compared: one sentence each.
 *
 * @returns `problems` make the comparison INVALID, `notes` have to be known beside it.
 */
export function findIncomparable(
  baseline: readonly ComparedRun[],
  candidate: readonly ComparedRun[],
): { problems: string[]; notes: string[] } {
  const all = [...baseline, ...candidate].map(({ report }) => report);
  const first = all[0]!;
  const problems: string[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  for (const { runId, verdict, reasons, warnings = [], thresholds } of all) {
    if (seen.has(runId)) problems.push(`The run ${runId} is given twice.`);
    seen.add(runId);
    if (verdict === 'INVALID')
      problems.push(`The run ${runId} is INVALID: ${reasons[0] ?? 'its measurement cannot be trusted.'}`);
    if (thresholds.some(({ stoppedAfterSeconds }) => stoppedAfterSeconds !== undefined))
      problems.push(`The load of ${runId} is not as long as planned. ${reasons[0] ?? ''}`.trim());
    for (const { rule, reason } of warnings) {
      if (generatorRules.has(rule)) problems.push(`The generator limited the run ${runId}: ${reason}`);
      else if (rule === 'event-loop-lag') notes.push(`${runId}: ${reason}`);
    }
  }
  for (const report of all.slice(1)) {
    const differs = (what: string, one: unknown, other: unknown) => {
      if (!isDeepStrictEqual(one, other))
        problems.push(`${what} of ${report.runId} is not that of ${first.runId}${shown(one, other)}.`);
    };
    differs('The kind of target', first.target.kind, report.target.kind);
    differs('The load', first.configuration['load'], report.configuration['load']);
    differs('The warm-up', first.warmUpSeconds ?? 0, report.warmUpSeconds ?? 0);
    differs('The list of request names', namesOf(first), namesOf(report));
    if (first.bundleDigest === report.bundleDigest) continue;
    if (first.payloadsDigest !== undefined && report.payloadsDigest !== undefined)
      differs('The digest of the payloads', first.payloadsDigest, report.payloadsDigest);
    else if (first.payloadsDigest !== report.payloadsDigest)
      notes.push(
        `Whether ${report.runId} has the same payloads as ${first.runId} is unknown: one of them is without a digest.`,
      );
    if (first.fleet.workers !== report.fleet.workers)
      notes.push(
        `${report.runId} had ${report.fleet.workers} workers, ${first.runId} ${first.fleet.workers}.`,
      );
  }
  return { problems: [...new Set(problems)], notes: [...new Set(notes)] };
}

const namesOf = ({ requests }: ComparedRun['report']) =>
  [...new Set(requests.map(({ method, name }) => `${method} ${name}`))].sort();

function shown(one: unknown, other: unknown): string {
  const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none'));
  const pair = `: ${text(other)}, not ${text(one)}`;
  return pair.length <= 200 ? pair : '';
}
