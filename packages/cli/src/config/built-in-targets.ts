/** The targets that come with Loadwright, loaded when they are asked for. */
export const builtInTargets = {
  sagemaker: () => import('@loadwright/targets/sagemaker'),
  databricks: () => import('@loadwright/targets/databricks'),
  rest: () => import('@loadwright/targets/rest'),
  chalice: () => import('@loadwright/targets/chalice'),
  dht: () => import('@loadwright/targets/dht'),
};
