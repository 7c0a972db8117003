import truth from './queue-truth.json' with { type: 'json' };
import { latencyCondition, QueueSimulation, type Distribution } from './queue-simulation.js';

/** A service whose capacity is known: it holds its objective up to 85 % of its use. */
export interface CapacityCase {
  readonly name: string;
  /** Requests a second. */
  readonly capacity: number;
  readonly simulation: QueueSimulation;
  readonly condition: ReturnType<typeof latencyCondition>;
}

const slotCounts = [1, 2, 4, 8, 16] as const;
const capacities = [20, 60, 200, 220, 400, 700, 1000, 2000] as const;
const kinds: readonly Distribution[] = ['deterministic', 'exponential', 'log-normal'];

/** Forty services: every capacity with every number of slots, and the distributions in turn. */
export function capacityCase(number: number, seed: number): CapacityCase {
  const capacity = capacities[number % capacities.length]!;
  const slots = slotCounts[Math.floor(number / capacities.length) % slotCounts.length]!;
  const distribution = kinds[(number + Math.floor(number / capacities.length)) % kinds.length]!;
  const meanSeconds = (0.85 * slots) / capacity;
  const limit = (truth as Record<string, Record<string, number>>)[distribution]![slots]! * meanSeconds * 1000;
  const condition = latencyCondition(95, limit);
  return {
    name: `${capacity}/s, ${slots} slots, ${distribution}`,
    capacity,
    simulation: new QueueSimulation({ slots, distribution, meanSeconds, seed: seed * 1000 + number }, [
      condition,
    ]),
    condition,
  };
}
