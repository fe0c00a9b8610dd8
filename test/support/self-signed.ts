import { spawnSync } from 'node:child_process'

/** A key and a certificate of 127.0.0.1, signed by itself, as one PEM; undefined without openssl. */
export function selfSigned(): string | undefined {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = spawnSync('openssl', ['req', '-x509', ...curve, '-keyout', '-', '-days', '1', ...name], { encoding: 'utf8' })
  return made.status === 0 ? made.stdout : undefined
}
