/** Users that send one request after the other, for k6. Settings come as variables; the figures go to the file FIGURES. */
import http from 'k6/http';

const { URL, VUS, PAYLOAD, FIGURES } = __ENV;
const payload = open(PAYLOAD);
const parameters = { headers: { 'Content-Type': 'application/json' }, timeout: '60s' };

export const options = {
  discardResponseBodies: true,
  insecureSkipTLSVerify: true,
  scenarios: { users: { executor: 'constant-vus', vus: Number(VUS), duration: '1h', gracefulStop: '5s' } },
};

export default function () {
  http.post(URL, payload, parameters);
}

export function handleSummary({ metrics }) {
  const { rate } = metrics.http_req_failed.values;
  const { count } = metrics.http_reqs.values;
  return { [FIGURES]: JSON.stringify({ requests: count, failed: Math.round(rate * count) }) };
}
