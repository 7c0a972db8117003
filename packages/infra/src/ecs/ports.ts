/** Where the master listens for its workers. */
export const masterPort = 5557;

/** Ports that a machine needs itself: SSH, Docker, the agent of ECS, and the master's for its workers. */
export const takenPorts: readonly number[] = [22, 2375, 2376, masterPort, 51_678, 51_679];
