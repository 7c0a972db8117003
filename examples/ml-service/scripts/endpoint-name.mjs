import { readFileSync } from 'node:fs';

const { context } = JSON.parse(readFileSync(new URL('../infra/cdk.json', import.meta.url), 'utf8'));

/** Of the endpoint that is deployed, emulated, called by the API and loaded: `endpointName` of `infra/cdk.json`. */
export const endpointName = context.endpointName;
