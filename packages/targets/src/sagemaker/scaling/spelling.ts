/** `loadwright-jump` → `loadwright_jump`: a variable of a shell, and a resource of Terraform. */
export const snake = (name: string): string => name.replaceAll(/\W/g, '_');

/** `loadwright-jump` → `LoadwrightJump`: a logical id. */
export const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** `LoadwrightJump` → `loadwrightJump`: a member of CloudFormation as CDK writes it. */
export const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
