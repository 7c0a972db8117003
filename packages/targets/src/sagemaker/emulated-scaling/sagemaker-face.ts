import type { EmulatedScaling } from './emulated-scaling.js';
import { validationError, type Members, type Operation } from './service-error.js';

/** SageMaker's own calls about the endpoint, and about its inference component. */
export function sagemakerFace(scaling: EmulatedScaling): Readonly<Record<string, Operation>> {
  return { ...endpointCalls(scaling), ...componentCalls(scaling) };
}

function componentCalls(scaling: EmulatedScaling): Readonly<Record<string, Operation>> {
  const { endpointName, variant, region, inferenceComponent: name } = scaling;
  if (name === undefined) return {};
  const arn = `arn:aws:sagemaker:${region}:123456789012:inference-component/${name}`;
  const requireComponent = (input: Members) => {
    if (input['InferenceComponentName'] === name) return;
    throw validationError(`Could not find inference component "${String(input['InferenceComponentName'])}".`);
  };
  return {
    DescribeInferenceComponent(input) {
      requireComponent(input);
      const { serving, desired, busy } = scaling.size();
      return {
        ...{ InferenceComponentName: name, InferenceComponentArn: arn, EndpointName: endpointName },
        EndpointArn: `arn:aws:sagemaker:${region}:123456789012:endpoint/${endpointName.toLowerCase()}`,
        VariantName: variant,
        InferenceComponentStatus: busy ? 'Updating' : 'InService',
        ...{ CreationTime: 0, LastModifiedTime: 0 },
        RuntimeConfig: { CurrentCopyCount: serving, DesiredCopyCount: desired },
      };
    },
    UpdateInferenceComponentRuntimeConfig(input) {
      requireComponent(input);
      if (scaling.size().busy)
        throw validationError(`Cannot update in-progress inference component "${name}".`);
      scaling.setDesired((input['DesiredRuntimeConfig'] as { CopyCount: number }).CopyCount);
      return { InferenceComponentArn: arn };
    },
  };
}

function endpointCalls(scaling: EmulatedScaling): Readonly<Record<string, Operation>> {
  const { endpointName, variant, region } = scaling;
  const requireEndpoint = (input: Members) => {
    if (input['EndpointName'] === endpointName) return;
    throw validationError(`Could not find endpoint "${String(input['EndpointName'])}".`);
  };
  return {
    DescribeEndpoint(input) {
      requireEndpoint(input);
      // With components the variant keeps its instances, as far as this emulator goes.
      const { serving, desired, busy } =
        scaling.inferenceComponent === undefined ? scaling.size() : { serving: 1, desired: 1, busy: false };
      return {
        EndpointName: endpointName,
        EndpointArn: `arn:aws:sagemaker:${region}:123456789012:endpoint/${endpointName.toLowerCase()}`,
        EndpointStatus: busy ? 'Updating' : 'InService',
        CreationTime: 0,
        LastModifiedTime: 0,
        ProductionVariants: [
          {
            VariantName: variant,
            CurrentInstanceCount: serving,
            DesiredInstanceCount: desired,
            CurrentWeight: 1,
            DesiredWeight: 1,
            ...(scaling.managedInstanceScaling && {
              ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 1, MaxInstanceCount: 4 },
            }),
          },
        ],
      };
    },
    UpdateEndpointWeightsAndCapacities(input) {
      requireEndpoint(input);
      if (scaling.inferenceComponent !== undefined)
        throw validationError(
          'The instances of an endpoint with inference components follow its components.',
        );
      if (scaling.size().busy) throw validationError(`Cannot update in-progress endpoint "${endpointName}".`);
      const [wanted] = input['DesiredWeightsAndCapacities'] as {
        VariantName: string;
        DesiredInstanceCount?: number;
      }[];
      if (wanted?.VariantName !== variant)
        throw validationError(`The variant name(s) are not present within endpoint configuration`);
      if (wanted.DesiredInstanceCount !== undefined) scaling.setDesired(wanted.DesiredInstanceCount);
      return {
        EndpointArn: `arn:aws:sagemaker:${region}:123456789012:endpoint/${endpointName.toLowerCase()}`,
      };
    },
  };
}
