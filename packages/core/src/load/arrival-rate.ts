import type { ArrivalPlan } from './plan.js';

interface Line {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

function linesOf({ startRate, stages }: ArrivalPlan): Line[] {
  let [begin, from] = [0, startRate];
  return stages.map(({ durationSeconds, ratePerSecond }) => {
    const line = { begin, end: begin + durationSeconds, from, to: ratePerSecond };
    [begin, from] = [line.end, ratePerSecond];
    return line;
  });
}

function rateOn({ begin, end, from, to }: Line, second: number): number {
  return end === begin ? to : from + ((to - from) * (second - begin)) / (end - begin);
}

/** How many requests are due between two seconds of the load: the mean, if they come at random. */
export function arrivalsBetween(plan: ArrivalPlan, from: number, to: number): number {
  return linesOf(plan).reduce((total, line) => {
    const [begin, end] = [Math.max(from, line.begin), Math.min(to, line.end)];
    return end > begin ? total + ((rateOn(line, begin) + rateOn(line, end)) / 2) * (end - begin) : total;
  }, 0);
}

/** Requests due in a second, on average between two seconds of the load; the time after its end does not count. */
export function meanRate(plan: ArrivalPlan, from: number, to: number): number {
  const end = Math.min(
    to,
    plan.stages.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
  );
  return end > from ? arrivalsBetween(plan, from, end) / (end - from) : 0;
}
