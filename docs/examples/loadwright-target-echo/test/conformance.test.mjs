import { test } from 'node:test';
import { targetConformance } from '@loadwright/core/testing';
import echo from 'loadwright-target-echo';

for (const check of targetConformance(echo)) test(check.name, check.run);
