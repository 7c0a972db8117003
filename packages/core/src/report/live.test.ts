import { expect, it } from 'vitest';
import { emptyReport, passingReport } from '../../test/report-fixture.js';
import { renderReportHtml } from './html.js';
import { renderLivePage, renderLiveUpdate, type LiveRun } from './live.js';

const waiting: LiveRun = {
  ...{ name: 'fraud', target: 'rest', phase: 'preflight', durationSeconds: 0, warmUpSeconds: 0, samples: [] },
  ...{ thresholds: [], warnings: [], isStopping: false, others: [] },
};

it('does not say that no thresholds were set before they can be judged', async () => {
  for (const html of [renderLiveUpdate(waiting).thresholds, await renderLivePage(waiting)]) {
    expect(html).toContain('They are judged from the first seconds after the warm-up on.');
    expect(html).not.toContain('No thresholds were set');
  }
  const { thresholds } = passingReport();
  expect(renderLiveUpdate({ ...waiting, phase: 'load', thresholds }).thresholds).not.toContain(
    'are judged from',
  );
  expect(await renderReportHtml({ ...emptyReport(), thresholds: [] })).toContain('No thresholds were set');
});
