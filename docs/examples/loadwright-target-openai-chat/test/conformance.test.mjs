import { test } from 'node:test';
import { targetConformance } from '@loadwright/core/testing';
import openai from 'loadwright-target-openai-chat';

for (const check of targetConformance(openai)) test(check.name, check.run);
