import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { untilListening, type Nginx } from './nginx.ts'

export type Caddy = Pick<Nginx, 'logs' | 'close'>

const place = ['/usr/bin/caddy', '/usr/local/bin/caddy', '/opt/homebrew/bin/caddy'].find((path) =>
  existsSync(path)
)

export const hasCaddy = place !== undefined

/** Starts Caddy with a configuration that listens on `port` of the loopback interface. */
export async function startCaddy(port: number, config: string): Promise<Caddy> {
  if (!place) throw new Error('no caddy; on Debian: apt-get install caddy')
  const folder = await mkdtemp(join(tmpdir(), 'parley-caddy-'))
  const log = join(folder, 'parley.log')
  const file = join(folder, 'Caddyfile')
  await writeFile(file, config.replaceAll('/var/log/caddy/parley.log', log))
  const server = spawn(place, ['run', '--config', file, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  })
  let printed = ''
  for (const output of [server.stdout, server.stderr]) {
    output.on('data', (chunk: Buffer) => void (printed += chunk.toString()))
  }
  const ended = once(server, 'exit')
  await Promise.race([
    untilListening(port),
    ended.then(() => {
      throw new Error(`Caddy ended before it was ready:\n${printed}`)
    })
  ])
  return {
    logs: async () => printed + (await readFile(log, 'utf8')),
    async close() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    }
  }
}
