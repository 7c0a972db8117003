/** A refusal of ECS or ECR, which goes out as JSON. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const invalid = (message: string) => new Refusal('InvalidParameterException', message);
export const client = (message: string) => new Refusal('ClientException', message);
export const clusterNotFound = () => new Refusal('ClusterNotFoundException', 'Cluster not found.');
