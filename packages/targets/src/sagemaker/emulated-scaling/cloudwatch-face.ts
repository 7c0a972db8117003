import type { EmulatedScaling } from './emulated-scaling.js';
import { ServiceError, type Operation } from './service-error.js';
import type { PutAlarm } from './rules.js';

/** CloudWatch, as far as an endpoint's scaling needs it: alarms, and the metrics that they look at. */
export function cloudWatchFace(scaling: EmulatedScaling): Readonly<Record<string, Operation>> {
  return {
    PutMetricAlarm(input) {
      const alarm = input as PutAlarm;
      if (Number(alarm['Period']) % 60 !== 0 && ![10, 20, 30].includes(Number(alarm['Period']))) {
        throw new ServiceError('ValidationError', 'Period must be 10, 20, 30 or a multiple of 60');
      }
      scaling.alarms.set(alarm.AlarmName, alarm);
      scaling.changed();
      return {};
    },
    DeleteAlarms(input) {
      for (const name of input['AlarmNames'] as string[]) scaling.alarms.delete(name);
      scaling.changed();
      return {};
    },
    DescribeAlarms(input) {
      const names = input['AlarmNames'] as string[] | undefined;
      const prefix = input['AlarmNamePrefix'] as string | undefined;
      return {
        MetricAlarms: scaling
          .allAlarms()
          .filter(({ AlarmName }) => names?.includes(AlarmName) ?? AlarmName.startsWith(prefix ?? '')),
      };
    },
  };
}
