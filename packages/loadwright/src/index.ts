/** What a program needs that runs load tests. Fleets on AWS are entry points of their own: their SDKs take seconds to load. */
export * from '@loadwright/core';
export { defineConfig, type LoadwrightConfig } from '@loadwright/cli/config';
export { localFleet, type LocalFleetOptions } from '@loadwright/infra/local';
export { chalice, type ChaliceInput } from '@loadwright/targets/chalice';
export { databricks, type DatabricksInput } from '@loadwright/targets/databricks';
export { dht, type DhtInput } from '@loadwright/targets/dht';
export { rest, type RestInput } from '@loadwright/targets/rest';
export { sagemaker, type SagemakerInput } from '@loadwright/targets/sagemaker';
