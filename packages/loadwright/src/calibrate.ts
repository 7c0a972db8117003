export * from '@loadwright/core/calibrate';
