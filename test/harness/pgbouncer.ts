import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './parley.ts'

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((path) =>
  existsSync(path)
)

/** False if PgBouncer is not installed (Debian: apt-get install pgbouncer). */
export const hasPgbouncer = program !== undefined

/**
 * Starts PgBouncer in front of the Postgres at `url`, with `settings` for pgbouncer.ini. The returned `url`
 * goes through it.
 */
export async function startPgbouncer(url: string, settings: Record<string, string | number>) {
  const target = new URL(url)
  const folder = await mkdtemp(join(tmpdir(), 'parley-pgbouncer-'))
  const port = await freePort()
  const config = join(folder, 'pgbouncer.ini')
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: folder,
    auth_type: 'any',
    ...settings
  }
  await writeFile(
    config,
    [
      '[databases]',
      `* = host=${target.hostname} port=${target.port} user=${target.username} password=${target.password}`,
      '[pgbouncer]',
      ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
      ''
    ].join('\n')
  )
  // PgBouncer refuses to run as root.
  const isRoot = process.getuid?.() === 0
  if (isRoot) execFileSync('chown', ['-R', 'postgres:postgres', folder])
  const command = isRoot
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', program!, config]
    : [program!, config]
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  let printed = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (/process up/.test(printed)) resolve()
    })
    child.once('exit', () => reject(new Error(`PgBouncer ended before it was ready:\n${printed}`)))
  })
  const through = new URL(url)
  through.port = String(port)
  return {
    url: through.href,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    }
  }
}
