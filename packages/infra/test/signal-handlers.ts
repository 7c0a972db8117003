// Listens to signals from when it is loaded, once for a process: not a change that the first test that locks something makes.
import 'proper-lockfile';
