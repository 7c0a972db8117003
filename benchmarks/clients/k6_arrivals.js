/** Arrivals at a constant rate, for k6. Settings come as variables; the figures go to the file FIGURES. */
import http from 'k6/http';

const { URL, RATE, SECONDS, TIMEOUT, FIGURES } = __ENV;

export const options = {
  discardResponseBodies: true,
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: Number(RATE),
      duration: `${SECONDS}s`,
      preAllocatedVUs: 2 * Number(RATE) * Number(TIMEOUT),
      gracefulStop: '30s',
    },
  },
};

export default function () {
  http.post(URL, null, { timeout: `${TIMEOUT}s` });
}

export function handleSummary({ metrics }) {
  const { rate } = metrics.http_req_failed.values;
  const { count } = metrics.http_reqs.values;
  return { [FIGURES]: JSON.stringify({ requests: count, failed: Math.round(rate * count) }) };
}
