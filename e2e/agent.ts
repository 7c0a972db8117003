import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { main } from '../packages/cli/src/main.js';
import type { World } from '../packages/cli/src/mcp/call.js';
import { createAgentServer } from '../packages/cli/src/mcp/server.js';

export type Answer = Record<string, unknown>;

/**
 * An agent with a server of its own, in this process.
 *
 * @param person what they answer when the agent's client asks them
 */
export async function connectAgent(world: Omit<World, 'run'>, person: () => ElicitResult): Promise<Client> {
  const { server } = createAgentServer({ ...world, run: (argv, io) => main(argv, io, world.fleets) });
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, person);
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(ours), client.connect(theirs)]);
  return client;
}

/** Calls a tool, whose answer is one JSON document. */
export async function ask(client: Client, name: string, options: Answer = {}) {
  const { content, isError = false } = await client.callTool({ name, arguments: options });
  const [{ text } = { text: '' }] = content as { text: string }[];
  return { isError, text, answer: JSON.parse(text) as Answer };
}
