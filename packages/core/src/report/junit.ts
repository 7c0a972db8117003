import xml, { type XmlElement } from 'xml';
import { printable } from '../values/printable.js';
import { formatMeasured } from '../values/format.js';
import type { RunReport, ThresholdResult } from '../results/summary.js';
import { measuredOver, stoppedAfter } from './thresholds-view.js';

/** One test case. */
export interface TestCase {
  readonly name: string;
  readonly classname: string;
  /** Why it failed. */
  readonly failure?: string;
  /** Why it could not be judged. */
  readonly error?: string;
  /** What was measured, whether it passed or not. */
  readonly output?: string;
}

/** A suite of them. */
export interface TestSuite {
  readonly name: string;
  readonly timestamp: Date;
  /** In seconds. */
  readonly time?: number;
  readonly testCases: readonly TestCase[];
}

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

/**
 * One suite as XML that every reader takes: the elements that Jenkins, GitLab and GitHub's readers know, of
 * https://github.com/testmoapp/junitxml. Each case has its own output, also one that passed.
 */
export function junitXml({ name, timestamp, time = 0, testCases }: TestSuite): string {
  const count = (is: (testCase: TestCase) => boolean) => testCases.filter(is).length;
  const suite: XmlElement = {
    testsuite: [
      {
        _attr: {
          name,
          timestamp: timestamp.toISOString().slice(0, 19),
          tests: testCases.length,
          errors: count(({ error }) => error !== undefined),
          failures: count(({ failure }) => failure !== undefined),
          time,
        },
      },
      ...testCases.map(caseElement),
    ],
  };
  const text = xml({ testsuites: [suite] }, { indent: '  ' });
  return printable(`<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`.replace(forbidden, '\uFFFD'));
}

function caseElement({ name, classname, failure, error, output }: TestCase): XmlElement {
  return {
    testcase: [
      { _attr: { name, classname } },
      ...(error === undefined ? [] : [{ error: [{ _attr: { message: error, type: 'INVALID' } }, error] }]),
      ...(failure === undefined
        ? []
        : [{ failure: [{ _attr: { message: failure, type: 'FAIL' } }, failure] }]),
      ...(output === undefined ? [] : [{ 'system-out': output }]),
    ],
  };
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
    ...(threshold.passed ? {} : { failure: outcome }),
    output: outcome,
  };
}

function validityCase(report: RunReport, classname: string): TestCase {
  const name = 'measurement is valid';
  if (report.verdict !== 'INVALID') return { name, classname };
  return { name, classname, error: report.reasons.join(' ') };
}
