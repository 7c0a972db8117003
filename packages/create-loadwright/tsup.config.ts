import { packageBuild } from '../../tools/package-build.ts';

export default packageBuild();
