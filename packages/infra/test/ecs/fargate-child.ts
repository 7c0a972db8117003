/** A phase of a fleet on Fargate as a process of its own, which a test kills in the middle. */
import { text } from 'node:stream/consumers';
import type { Work } from '../ec2/work.js';
import { carryOut } from './fargate-phases.js';

await carryOut(process.argv[2] ?? '', JSON.parse(await text(process.stdin)) as Work);
