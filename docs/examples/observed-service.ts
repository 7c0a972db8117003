import { parsePrometheus, type ObservationDefinition } from '@loadwright/core/target';

/** What a service reports of itself at `/metrics`, in the format of Prometheus. */
export const observation: ObservationDefinition<{ baseUrl: string }> = {
  figures: {
    queue: { unit: 'requests', description: 'requests that wait in the service' },
    cpu: { unit: '%', description: 'CPU of the service, of all its cores', full: 100 },
  },
  intervalSeconds: 10,
  async read({ baseUrl }, { signal }) {
    const answer = await fetch(`${baseUrl}/metrics`, { signal });
    if (!answer.ok) throw new Error(`GET /metrics answered ${answer.status}`);
    const samples = parsePrometheus(await answer.text());
    return {
      points: samples
        .filter(({ name }) => name === 'queue' || name === 'cpu')
        // Until it is read again: a little longer than the interval, so that no gap is drawn.
        .map(({ name, value }) => ({ figure: name, at: Date.now(), seconds: 20, value })),
    };
  },
};
