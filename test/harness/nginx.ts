import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { repository } from './parley.ts'

/** nginx in front of nodes of one's own. */
export type Nginx = {
  /** What it logged: of each request that is over, its method, its address, and the ports of the nodes it went to. */
  requests(): Promise<string[]>
  close(): Promise<void>
}

const place = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find((path) =>
  existsSync(path)
)

export const hasNginx = place !== undefined

/** Starts nginx with a configuration that listens on `port` of the loopback. */
export async function startNginx(port: number, config: string): Promise<Nginx> {
  if (!place) throw new Error('no nginx; on Debian: apt-get install nginx')
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'))
  await writeFile(join(folder, 'parley.conf'), config)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    join(folder, 'nginx.conf'),
    [
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      'worker_processes 1;',
      `pid ${folder}/nginx.pid;`,
      'events { worker_connections 4096; }',
      'http {',
      ...temporary.map((each) => `  ${each}_temp_path ${folder}/${each};`),
      "  log_format nodes '$request_method $uri $upstream_addr';",
      `  access_log ${folder}/access.log nodes;`,
      `  include ${folder}/parley.conf;`,
      '}'
    ].join('\n')
  )
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', 'daemon off;']
  const server = spawn(place, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let printed = ''
  server.stderr.on('data', (chunk: Buffer) => void (printed += chunk.toString()))
  const ended = once(server, 'exit')
  await Promise.race([
    untilListening(port),
    ended.then(() => {
      throw new Error(`nginx ended before it was ready:\n${printed}`)
    })
  ])
  return {
    async requests() {
      return (await readFile(join(folder, 'access.log'), 'utf8')).trim().split('\n')
    },
    async close() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGTERM')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** As little as one can write, and nginx's own defaults for the rest: HTTP/1.0 to the server, answers buffered. */
export function defaultConfig(port: number, node: number): string {
  return `server {
    listen 127.0.0.1:${port}; listen [::1]:${port};
    location / { proxy_pass http://localhost:${node}; }
  }`
}

/** The README's configuration, which passes on to nodes in turn, with our ports in it. */
export async function readmeConfig(port: number, nodes: number[]): Promise<string> {
  const readme = await readFile(join(repository, 'README.md'), 'utf8')
  const config = /```nginx\n([^]*?)```/.exec(readme)![1]!
  const servers = config.match(/ server 127\.0\.0\.1:\d+/g) ?? []
  if (servers.length !== nodes.length || !config.includes('listen 80;'))
    throw new Error('the README has changed')
  return servers
    .reduce((text, server, i) => text.replace(server, ` server 127.0.0.1:${nodes[i]}`), config)
    .replace('listen 80;', `listen 127.0.0.1:${port}; listen [::1]:${port};`)
}

/** Polls, because nothing outside a process can be told that it listens. */
async function untilListening(port: number, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    const answer = await fetch(`http://127.0.0.1:${port}/livez`).catch(() => null)
    if (answer) return
    await delay(25)
  }
  throw new Error(`nginx did not listen within ${timeoutMs} ms`)
}
