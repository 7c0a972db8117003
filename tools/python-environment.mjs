/** Makes the Python environment of a file of requirements, unless it is there, and prints the path of its Python. */
import { ensureEnvironmentOf } from './lib/python-environment.mjs';

process.stdout.write(await ensureEnvironmentOf(process.argv[2]));
