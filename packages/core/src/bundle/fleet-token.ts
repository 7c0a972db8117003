/**
 * Variable of the master and of all workers: a random text that whoever starts a fleet makes for it. By it they seal what they
 * tell each other, and whatever else comes over Locust's port is refused. Without it everybody is heard, as in plain Locust.
 */
export const fleetTokenVariable = 'LOADWRIGHT_FLEET_TOKEN';
