import { z } from 'zod';

const file = z.string().min(1, 'must be the path of a file').optional();

/** How a target's host is trusted, and what it is shown: the option `tls` of the HTTP targets. */
export const tlsOptionsSchema = z
  .strictObject({
    caFile: file.describe(
      "file in PEM of the certificate authorities to trust, in place of the system's. It works on every fleet, unlike SSL_CERT_FILE",
    ),
    certFile: file.describe('file in PEM of the client certificate (mutual TLS), with its intermediates'),
    keyFile: file.describe(
      'file in PEM of its private key. Default: the text in the variable LOADWRIGHT_TLS_CLIENT_KEY. If it is encrypted, set LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD',
    ),
  })
  .refine(({ certFile, keyFile }) => keyFile === undefined || certFile !== undefined, {
    path: ['keyFile'],
    error: 'has no effect without certFile: give both',
  });

/** The option `tls` as it is after validation. */
export type TlsOptions = z.output<typeof tlsOptionsSchema>;
