import { describe, expect, test, vi } from 'vitest'
import { readConfig } from '../../../../server/config.ts'
import { addressBlock, createAddressOf } from '../../../../server/platform/http/client-address.ts'
import { parseTrustedProxies } from '../../../../server/platform/http/trusted-proxies.ts'

const trusted = '127.0.0.1, ::1, 10.0.0.0/8, fd00::/8'

function ask(peer: string, forwarded?: string, proxies = trusted) {
  const logger = { warn: vi.fn() }
  const addressOf = createAddressOf({
    config: readConfig({ PARLEY_TRUSTED_PROXIES: proxies }),
    logger: logger as never
  })
  const request = { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } }
  const address = addressOf(request as never)
  addressOf(request as never)
  return { address, warnings: logger.warn.mock.calls.length }
}

describe('the address of a client', () => {
  test.each([
    ['no proxy', '203.0.113.9', undefined, '203.0.113.9'],
    ['IPv4 on an IPv6 socket', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['a zone', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['one trusted proxy', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a trusted proxy on an IPv6 socket', '::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['addresses claimed by the client', '::1', '192.0.2.1, 203.0.113.9', '203.0.113.9'],
    ['two trusted proxies', '127.0.0.1', '192.0.2.1, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['only trusted proxies', '127.0.0.1', '10.9.9.9,10.1.2.3', '10.9.9.9'],
    ['a port', '127.0.0.1', '203.0.113.9:5555', '203.0.113.9'],
    ['IPv6 in brackets, with a port', '127.0.0.1', '[2001:DB8::1]:443', '2001:db8::1'],
    ['a mapped address in hex', '127.0.0.1', '::ffff:cb00:7109', '203.0.113.9'],
    ['IPv6 behind a proxy in a trusted block', 'fd12::7', '2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['no address', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['an invalid address', '127.0.0.1', '203.0.113.9, unknown, 10.0.0.1', '10.0.0.1'],
    ['an empty header', '127.0.0.1', '', '127.0.0.1']
  ])('%s', (_what, peer, forwarded, expected) => {
    expect(ask(peer, forwarded)).toEqual({ address: expected, warnings: 0 })
  })

  test('X-Forwarded-For of an untrusted peer is ignored, with one warning', () => {
    expect(ask('203.0.113.9', '192.0.2.1')).toEqual({ address: '203.0.113.9', warnings: 1 })
    expect(ask('127.0.0.1', '192.0.2.1', '')).toEqual({ address: '127.0.0.1', warnings: 1 })
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64']
  ])('%s counts as %s', (address, block) => expect(addressBlock(address)).toBe(block))
})

test.each([
  'localhost',
  '10.0.0.0/33',
  '::1/129',
  '10.0.0/8',
  'fe80::1%eth0',
  '1.2.3.4/',
  '/8',
  '10.0.0.0/-1'
])('PARLEY_TRUSTED_PROXIES refuses %s', (entry) =>
  expect(parseTrustedProxies(`127.0.0.1,${entry}`).invalid).toEqual([entry])
)
