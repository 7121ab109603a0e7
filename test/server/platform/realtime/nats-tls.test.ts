import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseNatsUrl } from '../../../../server/platform/realtime/nats-url.ts'
import { NatsBus } from '../../../../server/platform/realtime/nats-bus.ts'
import { hasNats, startNats, type Nats } from '../../../harness/nats.ts'

const missing = [!hasNats && 'nats-server', !existsSync('/usr/bin/openssl') && 'openssl'].filter(Boolean)

/** Opens a bus and returns its state, and why. */
async function stateOf(url: string): Promise<string> {
  let state = 'ok'
  const onState = (next: string, reason: string) => void (state = `${next}: ${reason}`)
  const bus = await NatsBus.open(parseNatsUrl(url)!, { epoch: 'epoch', onState })
  await bus.close()
  return state
}

describe.skipIf(missing.length > 0)(`NATS behind TLS (needs ${missing.join(', ') || 'nothing more'})`, () => {
  const known = getCACertificates('default')
  let place: string
  let certificate: string
  let nats: Nats
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'parley-tls-'))
    const [key, cert] = [join(place, 'key.pem'), join(place, 'cert.pem')]
    const names = ['-subj', '/CN=nats', '-addext', 'subjectAltName=DNS:localhost']
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const args = ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '1', ...names]
    execFileSync('openssl', args, { stdio: 'ignore' })
    certificate = readFileSync(cert, 'utf8')
    nats = await startNats({ config: `tls { cert_file: "${cert}", key_file: "${key}" }` })
  })
  afterEach(() => setDefaultCACertificates(known))
  afterAll(async () => {
    await nats.close()
    await rm(place, { recursive: true })
  })

  test('N5: with a certificate trusted by the system is accepted, by tls:// and by nats://', async () => {
    setDefaultCACertificates([...known, certificate])
    expect(await stateOf(`tls://localhost:${nats.port}`)).toBe('ok')
    expect(await stateOf(`nats://localhost:${nats.port}`)).toBe('ok')
  })

  test('N5: with an untrusted certificate is unavailable, and the reason says so', async () => {
    expect(await stateOf(`tls://localhost:${nats.port}`)).toMatch(/^degraded: self-signed certificate/)
    expect(await stateOf(`nats://localhost:${nats.port}`)).toMatch(/^degraded: self-signed certificate/)
  })

  test('N5: without TLS is refused for tls://, and no password is sent in the clear', async () => {
    await using plain = await startNats()
    expect(await stateOf(`tls://parley:sesame@127.0.0.1:${plain.port}`)).toBe(
      "degraded: server does not support 'tls'"
    )
  })
})
