/** The document of a run: every case's figures over its rounds, and the bars. */
import { judge } from './bars.mjs';
import { omitted } from './cases.mjs';
import { summarize } from './statistics.mjs';

/**
 * @param {{ cases: object[], samples: Map<string, (object | undefined)[]>, machine: object, settings: object,
 *   failures: string[], date: string }} run samples: of each case by round
 */
export function resultsOf({ cases, samples, machine, settings, failures, date }) {
  const measured = cases.filter(({ id }) => samples.get(id)?.some(Boolean));
  const ofGroup = (group) =>
    measured
      .filter((entry) => entry.group === group)
      .map(({ id, facts }) => ({ ...facts, ...summarizeAll(samples.get(id).filter(Boolean)) }));
  const accurate = (samples.get('accuracy') ?? []).filter(Boolean).sort((a, b) => a.worst - b.worst);
  const [stall] = ofGroup('stall');
  const [replay] = ofGroup('replay');
  return {
    version: 1,
    date,
    machine,
    settings,
    throughput: ofGroup('throughput'),
    memory: ofGroup('memory'),
    latency: ofGroup('latency'),
    peers: ofGroup('peers'),
    master: ofGroup('master'),
    chats: ofGroup('chats'),
    streams: ofGroup('streams'),
    start: ofGroup('start'),
    ...(accurate.length > 0 && { accuracy: accurate[accurate.length >> 1] }),
    ...(stall && { stall }),
    ...(replay && { replay }),
    bars: judge((id) => samples.get(id) ?? []),
    omitted,
    failures,
  };
}

/** Each figure of the samples over the rounds. */
function summarizeAll(list) {
  return Object.fromEntries(
    Object.keys(list[0]).map((key) => [key, summarize(list.map((sample) => sample[key]))]),
  );
}
