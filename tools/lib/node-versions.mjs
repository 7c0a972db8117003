/**
 * The lines of Node with long-term support: when it began, or will, and when security fixes end. From Node's release
 * schedule (nodejs/Release, schedule.json). From 27 on, every line becomes one.
 */
export const nodeLines = {
  22: { longTermSupport: '2024-10-29', endOfLife: '2027-04-30' },
  24: { longTermSupport: '2025-10-28', endOfLife: '2028-04-30' },
  26: { longTermSupport: '2026-10-28', endOfLife: '2029-04-30' },
  27: { longTermSupport: '2027-10-20', endOfLife: '2030-04-30' },
};

/** The newest line with long-term support, which CI tests beside the oldest Node that is promised. */
export const newestLongTermSupport = '26';
