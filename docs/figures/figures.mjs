import { chart } from './chart.mjs';
import { closedLoad, openLoad, percentile } from './queue.mjs';
import { scalingInstances, scalingTimes } from './scaling.mjs';

const service = { slots: 8, serviceSeconds: 0.04 };
/** Requests a second that it serves at most. */
const capacity = service.slots / service.serviceSeconds;
const milliseconds = (seconds) => Math.round(seconds * 10_000) / 10;

/** Response time over rate: flat, then steep. */
function knee() {
  const rates = [20, 40, 60, 80, 100, 120, 140, 150, 160, 170, 178, 184, 189, 193];
  const at = (share) =>
    rates.map((rate) => {
      const requests = openLoad({ ...service, rate, duration: 600, seed: 7 }).filter(({ at }) => at > 30);
      return [
        rate,
        milliseconds(
          percentile(
            requests.map(({ seconds }) => seconds),
            share,
          ),
        ),
      ];
    });
  return chart({
    title: 'The knee: response time over the rate, 8 slots of 40 ms',
    x: { title: 'requests a second', limits: [0, 280], ticks: [0, 50, 100, 150, 200, 250] },
    y: { title: 'ms', limits: [0, 500], ticks: [0, 100, 200, 300, 400, 500] },
    lines: [
      { name: 'p95', points: at(0.95), tone: 1 },
      { name: 'median', points: at(0.5), tone: 2 },
    ],
    marks: [{ at: capacity, name: 'capacity' }],
  });
}

/** Throughput over users: it follows them until the service is full. */
function users() {
  const counts = [1, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220, 240, 260];
  const measured = counts.map((count) => {
    const requests = closedLoad({ ...service, users: count, thinkSeconds: 0.75, duration: 120, seed: 7 });
    return [count, Math.round(requests.filter(({ at }) => at > 20).length / 100)];
  });
  return chart({
    title: 'Throughput of users who think for 0.75 s',
    x: { title: 'users', limits: [0, 280], ticks: [0, 50, 100, 150, 200, 250] },
    y: { title: 'requests/s', limits: [0, 300], ticks: [0, 100, 200, 300] },
    lines: [
      { name: 'measured', points: measured, tone: 1 },
      {
        name: 'users ÷ 0.79 s',
        points: [
          [0, 0],
          [237, 300],
        ],
        tone: 3,
      },
    ],
    marks: [{ across: capacity, name: 'capacity' }],
  });
}

/** The same pause of the service, seen by users and by arrivals. */
function models() {
  const pause = { from: 10, to: 12 };
  const common = { ...service, duration: 20, seed: 7, pause };
  const perHalfSecond = (requests) =>
    Array.from({ length: 40 }, (_, index) => {
      const within = requests.filter(({ at }) => Math.floor(at * 2) === index);
      return [
        index / 2 + 0.25,
        within.length === 0 ? 0 : milliseconds(Math.max(...within.map(({ seconds }) => seconds))),
      ];
    });
  const open = openLoad({ ...common, rate: 100 });
  const closed = closedLoad({ ...common, users: 4, thinkSeconds: 0 });
  const p95 = (requests) =>
    Math.round(
      percentile(
        requests.map(({ seconds }) => seconds),
        0.95,
      ) * 1000,
    );
  return chart({
    title: 'A pause of 2 s: the slowest request of each half second',
    x: { title: 'seconds', limits: [0, 20], ticks: [0, 5, 10, 15, 20] },
    y: { title: 'ms', limits: [0, 2400], ticks: [0, 1000, 2000] },
    lines: [
      { name: `arrivals: p95 ${p95(open)} ms`, points: perHalfSecond(open), tone: 1 },
      { name: `4 users: p95 ${p95(closed)} ms`, points: perHalfSecond(closed), tone: 2 },
    ],
    marks: [],
  });
}

/** Every figure of the documentation, by the name of its file in docs/images. */
export const figures = {
  ...{ 'knee.svg': knee, 'users.svg': users, 'open-and-closed.svg': models },
  ...{ 'scaling-instances.svg': scalingInstances, 'scaling-times.svg': scalingTimes },
};
