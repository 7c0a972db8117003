import type { FigureSeries, ServiceTimes } from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { periodSeconds } from './figures.js';

type Points = FigureSeries['points'];

/**
 * Means of CloudWatch over the minutes of the judged load, each by its invocations. OverheadLatency is what SageMaker adds to
 * ModelLatency, from when it has the request until its answer. Streams and results that come later are not in them: of those it is
 * not published what the two measure.
 */
export function serviceTimes(
  { async: isAsync, openai, stream }: SagemakerOptions,
  figures: readonly FigureSeries[],
  { from, to }: { readonly from: number; readonly to: number },
): ServiceTimes | undefined {
  if (isAsync || openai || stream) return undefined;
  const pointsOf = (name: string, part: string | undefined): Points =>
    figures
      .filter((figure) => figure.name === name && figure.part === part)
      .flatMap(({ points }) => points.filter(([begin, length]) => begin < to && begin + length > from));
  const parts = [...new Set(figures.map(({ part }) => part))];
  const sums = { requests: 0, model: 0, overhead: 0 };
  for (const part of parts) {
    const model = new Map(pointsOf('ModelLatency', part).map(([begin, , value]) => [begin, value]));
    const overhead = new Map(pointsOf('OverheadLatency', part).map(([begin, , value]) => [begin, value]));
    for (const [begin, , perSecond] of pointsOf('Invocations', part)) {
      const requests = perSecond * periodSeconds;
      // A minute in which a metric has not appeared yet says nothing.
      if (!model.has(begin) || !overhead.has(begin)) continue;
      sums.requests += requests;
      sums.model += requests * model.get(begin)!;
      sums.overhead += requests * overhead.get(begin)!;
    }
  }
  if (sums.requests === 0) return undefined;
  return {
    requests: Math.round(sums.requests),
    parts: [
      {
        ...{ name: 'SageMaker', milliseconds: sums.overhead / sums.requests },
        description: 'OverheadLatency of CloudWatch: what SageMaker adds to the time of the model',
      },
      {
        ...{ name: 'model', milliseconds: sums.model / sums.requests },
        description: 'ModelLatency of CloudWatch: the container, and the way to it',
      },
    ],
  };
}
