import { renderPage } from '../../report/page.js';
import * as format from '../../values/format.js';
import { printable } from '../../values/printable.js';
import { redactStrings } from '../../secrets/redactor.js';
import { loadwrightVersion } from '../../version.js';
import { curveCharts } from './curve-charts.js';
import { describeLimit, type Calibration } from '../result.js';

const outcomes = {
  FOUND: { tone: 'pass', symbol: 'M7 16.5l6 6 12-13' },
  OPEN: { tone: 'fail', symbol: 'M9 9l14 14M23 9L9 23' },
  INVALID: { tone: 'invalid', symbol: 'M16 7v11M16 23.5v.5' },
} as const;

const classes = { lower: 'holds', upper: 'breaks', undecided: 'open', invalid: 'INVALID' } as const;

/** `calibration.html`: one file that needs no other and no network, with the policy and the look of `report.html`. */
export async function renderCalibrationHtml(found: Calibration): Promise<string> {
  const calibration = redactStrings(found, printable);
  const charts = curveCharts(calibration);
  const html = await renderPage('calibration', charts, {
    ...{ calibration, charts, format, classes, version: loadwrightVersion },
    outcome: outcomes[calibration.outcome],
    limit: describeLimit(calibration),
    capacities: calibration.capacities.map((capacity) => ({
      ...capacity,
      text: describeInterval(capacity.interval),
      value: capacity.estimate === null ? format.nothing : `${format.formatFigure(capacity.estimate)}/s`,
    })),
  });
  return printable(html);
}

/** `310/s to 345/s`. */
function describeInterval([lower, upper]: Calibration['capacities'][number]['interval']): string {
  const rate = (value: number) => `${format.formatFigure(value)}/s`;
  if (upper === null) return lower === 0 ? 'nothing is proven' : `at least ${rate(lower)}`;
  return `${rate(lower)} to ${rate(upper)}`;
}
