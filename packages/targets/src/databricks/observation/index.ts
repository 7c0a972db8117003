import {
  parsePrometheus,
  type FigurePoint,
  type ObservationContext,
  type ObservationDefinition,
  type PrometheusSample,
  type ServiceReading,
} from '@loadwright/core/target';
import type { DatabricksOptions } from '../options.js';
import { callEndpointApi } from '../workspace.js';
import { figures, windowSeconds, type ExportedFigure } from './figures.js';

/** The export of an endpoint's metrics, in the format of Prometheus. */
export const databricksObservation: ObservationDefinition<DatabricksOptions> = {
  figures,
  // The service has new values once a minute at most.
  intervalSeconds: 30,
  publicationSeconds: windowSeconds,
  read,
};

async function read(options: DatabricksOptions, context: ObservationContext): Promise<ServiceReading> {
  const text = await callEndpointApi(options, context, '/metrics');
  const samples = parsePrometheus(text);
  const at = Date.now() - windowSeconds * 1000;
  return {
    points: Object.entries(figures).flatMap(([name, figure]) =>
      [...byEntity(samples, figure)].flatMap(([part, found]): FigurePoint[] => {
        const value = valueOf(found, figure);
        if (!Number.isFinite(value)) return [];
        return [{ figure: name, at, seconds: windowSeconds, value, ...(part !== '' && { part }) }];
      }),
    ),
  };
}

/** The values of a metric by the served entity that they are of; an empty text: the export names none. */
function byEntity(
  samples: readonly PrometheusSample[],
  { metric, kind }: ExportedFigure,
): Map<string, PrometheusSample[]> {
  const names = kind === 'histogram' ? [`${metric}_sum`, `${metric}_count`] : [metric];
  const found = new Map<string, PrometheusSample[]>();
  for (const sample of samples) {
    if (!names.includes(sample.name)) continue;
    const { served_entity_name: entity, served_model_name: model } = sample.labels;
    const part = entity ?? model ?? '';
    found.set(part, [...(found.get(part) ?? []), sample]);
  }
  return found;
}

function valueOf(samples: readonly PrometheusSample[], { kind, factor = 1 }: ExportedFigure): number {
  const sum = (ending: string) =>
    samples.reduce((total, { name, value }) => total + (name.endsWith(ending) ? value : 0), 0);
  // Without a request there is no mean: NaN.
  if (kind === 'histogram') return sum('_sum') / sum('_count');
  return (kind === 'mean' ? sum('') / samples.length : sum('')) * factor;
}
