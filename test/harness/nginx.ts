import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { repository } from './parley.ts'

/** nginx in front of test nodes. */
export type Nginx = {
  /**
   * Returns one line for each completed request: method, path, and the ports of the nodes that nginx tried.
   */
  requests(): Promise<string[]>
  /** Returns the text of all its logs. */
  logs(): Promise<string>
  close(): Promise<void>
}

const place = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'].find((path) =>
  existsSync(path)
)

export const hasNginx = place !== undefined

const ownLog = '/var/log/nginx/parley.log'

/** Starts nginx with a configuration that listens on `port` of the loopback interface. */
export async function startNginx(port: number, config: string): Promise<Nginx> {
  if (!place) throw new Error('no nginx; on Debian: apt-get install nginx')
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'))
  const logged = config
    .replaceAll(`access_log ${ownLog} parley;`, `$&\n access_log ${folder}/access.log nodes;`)
    .replaceAll('/var/log/nginx/', `${folder}/`)
  await writeFile(join(folder, 'parley.conf'), logged)
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
    async logs() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.log'))
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
      return [printed, ...texts].join('\n')
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

/** A minimal configuration with nginx defaults: HTTP/1.0 to the server, buffered responses. */
export function defaultConfig(port: number, node: number, more = ''): string {
  return `server {
    listen 127.0.0.1:${port}; listen [::1]:${port};
    location / { proxy_pass http://localhost:${node}; ${more} }
  }`
}

/** The configuration of docs/SCALING.md, which balances over several nodes, with the test's ports and names. */
export async function documentedConfig(port: number, nodes: number[]): Promise<string> {
  const page = await readFile(join(repository, 'docs/SCALING.md'), 'utf8')
  const config = /```nginx\n([^]*?)```/.exec(page)![1]!
  const servers = config.match(/ server 127\.0\.0\.1:\d+/g) ?? []
  const both = (more: string) => `listen 127.0.0.1:${port}${more}; listen [::1]:${port}${more};`
  const ours = [
    ['listen 80 default_server;', both(' default_server')],
    ['listen 80;', both('')],
    ['server_name chat.example.org;', 'server_name localhost;']
  ] as const
  if (servers.length !== nodes.length || ours.some(([theirs]) => !config.includes(theirs)))
    throw new Error('docs/SCALING.md does not have the expected nginx configuration')
  const atNodes = servers.reduce(
    (text, server, i) => text.replace(server, ` server 127.0.0.1:${nodes[i]}`),
    config
  )
  return ours.reduce((text, [theirs, own]) => text.replace(theirs, own), atNodes)
}

/** Polls, because a process does not announce outside that it is listening. */
export async function untilListening(port: number, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    if (await accepts(port)) return
    await delay(25)
  }
  throw new Error(`nothing listened within ${timeoutMs} ms`)
}

/**
 * Returns whether the port accepts a connection. Does not make a request, because a configuration may define
 * no answer.
 */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
