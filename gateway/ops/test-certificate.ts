import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

/** What browsers accept at most, days. */
const VALID_DAYS = 397;
const DAY_MS = 86_400_000;

/**
 * Makes a certificate for trying HTTPS on this machine and in its network, signed by itself: a
 * browser shows a warning once. Writes `tls-cert.pem` and `tls-key.pem` into the folder and answers
 * their paths.
 */
export async function makeTestCertificate(
  folder: string,
  now = Date.now(),
): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ scopeid }) => !scopeid) // link-local ones need a zone that a certificate cannot name
    .map(({ address }) => address);
  const names = new SubjectAlternativeNameExtension([
    ...[...new Set(['localhost', hostname()])].map((value) => ({ type: 'dns' as const, value })),
    ...[...new Set(addresses)].map((value) => ({ type: 'ip' as const, value })),
  ]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${hostname().replace(/[^\w.-]/g, '') || 'localhost'}`,
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + VALID_DAYS * DAY_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [names],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();

  const paths = { cert: join(folder, 'tls-cert.pem'), key: join(folder, 'tls-key.pem') };
  await mkdir(folder, { recursive: true });
  await writeFile(paths.key, `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`, {
    mode: 0o600,
  });
  await chmod(paths.key, 0o600); // also where the file was there before
  await writeFile(paths.cert, `${certificate.toString('pem')}\n`);
  return paths;
}
