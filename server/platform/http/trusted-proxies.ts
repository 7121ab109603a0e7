import { BlockList, isIP } from 'node:net'

/** Returns the proxies whose `X-Forwarded-For` is believed, and the entries that are neither an address nor a CIDR block. */
export function parseTrustedProxies(text: string): { proxies: BlockList; invalid: string[] } {
  const proxies = new BlockList()
  const invalid: string[] = []
  for (const entry of text.split(',').map((each) => each.trim())) {
    if (entry === '') continue
    const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
    const version = isIP(address)
    const width = version === 6 ? 128 : 32
    if (version === 0 || address.includes('%') || Number(bits ?? width) > width) invalid.push(entry)
    else proxies.addSubnet(address, Number(bits ?? width), version === 6 ? 'ipv6' : 'ipv4')
  }
  return { proxies, invalid }
}
