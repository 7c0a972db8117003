import { z } from 'zod';
import { validate, type ValidateOptions } from '../validation/validate.js';

const count = z.int().min(0);

const request = z.looseObject({ count, failures: count });

const seriesSample = z.looseObject({ open: z.looseObject({ inFlight: count }).optional() });

/** What a report of version 1 has in another form. */
const firstVersion = z.looseObject({
  total: request,
  requests: z.array(request),
  errors: z.array(z.looseObject({})),
  series: z.array(seriesSample),
  arrivals: z.looseObject({ dropped: count }).optional(),
  generator: z.looseObject({ retriedIdle: count }).optional(),
});

/**
 * A report of version 1 in the form of version 2. What version 1 did not know is absent, null or empty: it counted
 * requests that had ended, and forgot those that were in flight at the end.
 *
 * @throws LoadwrightError when it is no report of version 1 either.
 */
export function upgradeReport(json: unknown, options: ValidateOptions): unknown {
  const report = validate(firstVersion, json, options);
  const dropped = report.arrivals?.dropped ?? 0;
  return {
    ...report,
    schemaVersion: 2,
    total: upgradeRequest(report.total, dropped, report.generator?.retriedIdle),
    requests: report.requests.map((each) => upgradeRequest(each)),
    metrics: {},
    errors: report.errors.map((error) => ({ kind: 'unknown', ...error })),
    failureSamples: [],
    exceptions: [],
    events: [],
    stalls: [],
    series: report.series.map(upgradeSample),
  };
}

function upgradeRequest(
  { failures, ...request }: z.output<typeof firstVersion>['total'],
  dropped = 0,
  retried = 0,
): object {
  return {
    ...request,
    due: request.count + dropped,
    sent: request.count,
    succeeded: request.count - failures,
    failed: failures,
    dropped,
    retried,
    metrics: {},
  };
}

function upgradeSample({ open, ...sample }: z.output<typeof seriesSample>): object {
  const { inFlight = null, ...rest } = open ?? {};
  return { ...sample, inFlight, oldestSeconds: null, ...(open && { open: rest }) };
}
