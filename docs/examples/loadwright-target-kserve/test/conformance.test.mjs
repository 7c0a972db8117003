import { test } from 'node:test';
import { targetConformance } from '@loadwright/core/testing';
import kserve from 'loadwright-target-kserve';

for (const check of targetConformance(kserve)) test(check.name, check.run);
