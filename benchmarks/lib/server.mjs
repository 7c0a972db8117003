/** nginx as the server under load: one worker on its own core, plain HTTP and TLS. */
import { chmodSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from './processes.mjs';

const answerBytes = 106;
const answer = `{"predictions":[{"score":0.9731}],"model":"${'benchmark'.padEnd(61, '-')}"}`;
/** As many tokens of a chat as a short answer has, and what they cost. */
const tokens = 50;
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const stream = [
  ...Array.from({ length: tokens }, (_, index) =>
    event({
      id: 'chat-1',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content: ` ${index}` } }],
    }),
  ),
  event({
    id: 'chat-1',
    object: 'chat.completion.chunk',
    choices: [],
    usage: { prompt_tokens: 8, completion_tokens: tokens },
  }),
  'data: [DONE]\n\n',
].join('');
if (answer.length !== answerBytes) throw new Error(`the answer has ${answer.length} bytes`);

const configuration = ({ folder, plainPort, tlsPort, certificates }) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  default_type application/json;
  keepalive_requests 2147483647;
  keepalive_timeout 3600s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ssl_certificate ${certificates.certificate};
  ssl_certificate_key ${certificates.key};
  ssl_session_cache shared:benchmark:10m;
  server {
    listen 127.0.0.1:${plainPort} backlog=8192;
    listen 127.0.0.1:${tlsPort} ssl backlog=8192;
    location / { return 200 '${answer}'; }
    # A file is for GET alone, unless the refusal of a POST is the file again.
    location = /stream { default_type text/event-stream; root ${folder}; error_page 405 =200 $uri; }
    location = /text { default_type text/plain; root ${folder}; error_page 405 =200 $uri; }
    location = /benchmark-status { stub_status; }
  }
}
`;

/** A port of loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * @param {{ folder: string, certificates: object, launch: object }} options launch: what {@link start} needs
 * @returns the running server: its URLs, its process, and what it has counted so far
 */
export async function startServer({ folder, certificates, launch }) {
  const plainPort = await freePort();
  const tlsPort = await freePort();
  const file = join(folder, 'nginx.conf');
  for (const name of ['stream', 'text']) writeFileSync(join(folder, name), stream);
  // Started by root, its worker is somebody else.
  chmodSync(folder, 0o711);
  writeFileSync(file, configuration({ folder, plainPort, tlsPort, certificates }));
  const log = join(folder, 'nginx.log');
  const child = start(['nginx', '-e', 'stderr', '-p', folder, '-c', file], { ...launch, cwd: folder, log });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const readStatus = () => status(`http://127.0.0.1:${plainPort}/benchmark-status`, agent);
  for (let polls = 0; ; polls += 1) {
    child.assertRunning();
    const answered = await readStatus().catch((error) => {
      if (error.code !== 'ECONNREFUSED' || polls > 200) throw error;
    });
    if (answered) break;
    await sleep(25);
  }
  let own = 1;
  return {
    child,
    urls: { plain: `http://127.0.0.1:${plainPort}`, tls: `https://127.0.0.1:${tlsPort}` },
    /** Connections open now, and connections and requests so far; those of this very question are left out. */
    async counts() {
      own += 1;
      const { active, accepted, requests } = await readStatus();
      return { active: active - 1, accepted: accepted - 1, requests: requests - own };
    },
    async stop() {
      agent.destroy();
      await child.stop();
    },
  };
}

function status(url, agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('error', reject).on('end', () => {
        const [active, accepted, , requests] = text.match(/\d+/g).map(Number);
        resolve({ active, accepted, requests });
      });
    }).on('error', reject);
  });
}
