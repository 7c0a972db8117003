import { getJunitXml } from 'junit-xml';
import { printable } from '../values/printable.js';
import { formatMeasured } from '../values/format.js';
import type { RunReport, ThresholdResult } from '../results/summary.js';
import { measuredOver, stoppedAfter } from './thresholds-view.js';

type TestCase = Parameters<typeof getJunitXml>[0]['suites'][number]['testCases'][number];

/** XML 1.0 has no way to write the other control characters, not even escaped (section 2.2). */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/**
 * `junit.xml`: one test case for each threshold with what was measured, for continuous integration. A broken threshold is a failure; a
 * measurement that cannot be trusted is an error, so that no reader takes it for a pass.
 */
export function renderJunit(report: RunReport): string {
  const suite = `loadwright.${report.name}`;
  const testCases = report.thresholds.map((threshold) => thresholdCase(threshold, suite));
  if (report.verdict === 'INVALID' || testCases.length === 0) testCases.push(validityCase(report, suite));
  return junitXml({
    name: suite,
    timestamp: new Date(report.startedAt),
    time: report.loadSeconds,
    testCases,
  });
}

/** One suite as XML that every reader takes. */
export function junitXml(suite: Parameters<typeof getJunitXml>[0]['suites'][number]): string {
  // The library's default form writes failures as <error> elements.
  const xml = getJunitXml({ suites: [suite] }, { schema: 'ant-junit' });
  return printable(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`.replace(forbidden, '\uFFFD'));
}

function thresholdCase(threshold: ThresholdResult, classname: string): TestCase {
  const name = `${threshold.metric} ${threshold.expression}`;
  const over = measuredOver(threshold);
  const measured = `measured ${formatMeasured(threshold.measured, threshold.unit)}${over === '' ? '' : ` ${over}`}`;
  const stopped = threshold.stoppedAfterSeconds === undefined ? '' : `; it ${stoppedAfter(threshold)}`;
  const origin = threshold.isDefault ? '; this is the default, write it out to change it' : '';
  const outcome = `${name}: ${measured}${stopped}${origin}`;
  return {
    name,
    classname,
    ...(threshold.passed ? {} : { failures: [{ message: outcome }] }),
    // The library gathers these in one element of the suite, so each line names its threshold.
    systemOut: [outcome],
  };
}

function validityCase(report: RunReport, classname: string): TestCase {
  const name = 'measurement is valid';
  if (report.verdict !== 'INVALID') return { name, classname };
  return { name, classname, errors: [{ message: report.reasons.join(' ') }] };
}
