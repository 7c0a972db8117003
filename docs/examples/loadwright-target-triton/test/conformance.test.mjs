import { test } from 'node:test';
import { targetConformance } from '@loadwright/core/testing';
import triton from 'loadwright-target-triton';

for (const check of targetConformance(triton)) test(check.name, check.run);
