import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasOpenssl = existsSync('/usr/bin/openssl')

/**
 * Creates a certificate authority and signs a certificate for `name`. Returns the paths of the authority, the
 * certificate and its key.
 */
export async function createCertificate(
  name: string
): Promise<{ authority: string; certificate: string; key: string; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-certificates-'))
  const at = (file: string) => join(folder, file)
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...curve,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '1',
    '-subj',
    '/CN=Test'
  )
  openssl('req', ...curve, '-keyout', at('key.pem'), '-out', at('request.pem'), '-subj', `/CN=${name}`)
  await writeFile(at('names'), `subjectAltName=DNS:${name}`)
  const signed = [
    '-in',
    at('request.pem'),
    '-out',
    at('certificate.pem'),
    '-days',
    '1',
    '-extfile',
    at('names')
  ]
  openssl('x509', '-req', ...signed, '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial')
  return {
    authority: readFileSync(at('ca.pem'), 'utf8'),
    certificate: at('certificate.pem'),
    key: at('key.pem'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true })
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' })
}
