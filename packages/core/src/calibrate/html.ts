import type { Calibration } from './result.js';

export const renderCalibrationHtml = (calibration: Calibration): Promise<string> =>
  Promise.resolve(JSON.stringify(calibration));
