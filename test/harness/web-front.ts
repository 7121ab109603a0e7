import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { places } from '../../server/places.ts'

/** A web server for the app in front of Parley that can be upgraded and lose files while tabs are open. */
export type WebFront = {
  readonly url: string
  /** Serves another build: every script and style has a new name, and the old names return 404. */
  upgrade(): Promise<void>
  /** Answers 404 for assets of the build whose path matches; null restores them. */
  lose(path: RegExp | null): void
  /** Whether it drops every connection. */
  down: boolean
  [Symbol.asyncDispose](): Promise<void>
}

const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.woff2': 'font/woff2'
}

/** Listens on `port`; forwards API requests to `parley`, whose origin is this front's address. */
export async function openWebFront(port: number, parley: string): Promise<WebFront> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-front-'))
  await cp(places.webApp, folder, { recursive: true, filter: (path) => !/\.(br|gz)$/.test(path) })
  let lost: RegExp | null = null
  let builds = 0
  const front = {
    url: `http://localhost:${port}`,
    down: false,
    lose(path: RegExp | null) {
      lost = path
    },
    async upgrade() {
      builds++
      await renameAssets(folder, builds)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await rm(folder, { recursive: true })
    }
  }
  const server = createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url!, front.url)
    if (front.down) incoming.socket.destroy()
    else if (/^\/(api|livez)(\/|$)/.test(pathname)) passOn(incoming, outgoing)
    else serveFile(pathname, outgoing)
  })

  function passOn(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { method, headers } = incoming
    const onward = httpRequest(parley + incoming.url!, { method: method!, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  }

  function serveFile(pathname: string, outgoing: ServerResponse) {
    const isFile = extname(pathname) !== ''
    const path = join(folder, isFile ? pathname : 'index.html')
    const gone = lost?.test(pathname) ? Promise.reject(new Error('lost')) : readFile(path)
    gone.then(
      (bytes) =>
        outgoing
          .writeHead(200, { 'content-type': types[extname(path)] ?? '', 'cache-control': 'no-cache' })
          .end(bytes),
      () => outgoing.writeHead(404).end()
    )
  }

  server.listen(port, 'localhost')
  await once(server, 'listening')
  return front
}

/**
 * Renames assets as a build from other sources would: `index-abc.js` becomes `index-abc-1.js` in every
 * reference.
 */
async function renameAssets(folder: string, build: number): Promise<void> {
  const assets = (await readdir(join(folder, 'assets'))).filter((name) => /\.(js|css)$/.test(name))
  const named = (name: string) => name.replace(/(-b\d+)?(\.\w+)$/, `-b${build}$2`)
  for (const path of ['index.html', 'service-worker.js', ...assets.map((name) => `assets/${name}`)]) {
    let text = await readFile(join(folder, path), 'utf8')
    for (const name of assets) text = text.replaceAll(name, named(name))
    text = text.replace(/appVersion="\w+"/, `appVersion="build${build}"`)
    await writeFile(join(folder, path), text)
  }
  for (const name of assets) await rename(join(folder, 'assets', name), join(folder, 'assets', named(name)))
}
