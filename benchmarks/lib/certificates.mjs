import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a certificate authority and a certificate for 127.0.0.1, valid for a day.
 *
 * @param {string} folder where the files go
 * @returns {{ authority: string, certificate: string, key: string }} paths of PEM files
 */
export function makeCertificates(folder) {
  const file = (name) => join(folder, name);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-x509', '-days', '1', '-subj', '/CN=Loadwright benchmark CA'];
  // Python 3.13 insists on what RFC 5280 asks for: the key's usage here, the authority's key id below.
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  openssl(...newKey, ...authority, ...usage, '-keyout', file('ca.key'), '-out', file('ca.pem'));
  openssl(...newKey, '-subj', '/CN=127.0.0.1', '-keyout', file('server.key'), '-out', file('server.csr'));
  const extensions = [
    'subjectAltName=IP:127.0.0.1',
    'authorityKeyIdentifier=keyid',
    'keyUsage=digitalSignature',
  ];
  writeFileSync(file('server.ext'), extensions.join('\n'));
  const signing = ['x509', '-req', '-days', '1', '-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  const numbered = ['-CAcreateserial', '-extfile', file('server.ext')];
  openssl(...signing, ...numbered, '-in', file('server.csr'), '-out', file('server.pem'));
  return { authority: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}
