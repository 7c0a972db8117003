import type { EmulatedScaling } from './emulated-scaling.js';
import { validationError, type Members, type Operation } from './service-error.js';

/** SageMaker's own calls about the endpoint. */
export function sagemakerFace(scaling: EmulatedScaling): Readonly<Record<string, Operation>> {
  const { endpointName, variant, region } = scaling;
  const requireEndpoint = (input: Members) => {
    if (input['EndpointName'] === endpointName) return;
    throw validationError(`Could not find endpoint "${String(input['EndpointName'])}".`);
  };
  return {
    DescribeEndpoint(input) {
      requireEndpoint(input);
      const { serving, desired, busy } = scaling.size();
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
