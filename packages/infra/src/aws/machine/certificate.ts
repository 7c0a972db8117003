import { readFileSync } from 'node:fs';
import { file, home, type MachineFile } from './cloud-config.js';

/** In memory, on the machine of a master: its secrets, and the key and the certificate of its web UI. */
export const memoryFolder = '/run/loadwright';

/** Both are made at boot, by `certificate.py`. */
export const tlsFiles = {
  key: `${memoryFolder}/key.pem`,
  certificate: `${memoryFolder}/certificate.pem`,
} as const;

/** What Locust gets of them. */
export const tlsOptions = ['--tls-cert', tlsFiles.certificate, '--tls-key', tlsFiles.key] as const;

/** The program that makes them, and hands the certificate over. It needs `aws_requests.py`. */
export function certificateFiles(): MachineFile[] {
  return [file(`${home}/certificate.py`, read('certificate.py'))];
}

/** What a heartbeat asks the web UI of its machine with. */
export function webUiFiles(): MachineFile[] {
  return [file(`${home}/web_ui.py`, read('web_ui.py'))];
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
