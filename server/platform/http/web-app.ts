import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { Problem } from '@parley/contract/problems'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from './fastify-server.ts'
import { pathOf } from './path.ts'
import { places } from '../../places.ts'
import { pagePolicy } from './security-headers.ts'

const notWeb = /^\/(api|livez|readyz|metrics)(\/|$)/
const assets = /^\/assets(\/|$)/
const yearMs = 365 * 86_400_000

/** Whether an address is one of the web app's. */
export function isWeb(path: string): boolean {
  return !notWeb.test(path)
}

/** The web app: its hashed assets, its other files, and its index page at every address it may know. */
export async function serveWebApp(server: Server, folder = places.webApp): Promise<void> {
  await server.register(fastifyStatic, {
    root: folder,
    serve: false,
    suppressWarning: true,
    cacheControl: false,
    // The build leaves them beside each file (web/vite.config.ts).
    preCompressed: true
  })

  server.setNotFoundHandler(async (request, reply) => {
    const path = pathOf(request.url)
    // The service worker is held to the policy of its own file.
    reply.header('content-security-policy', pagePolicy)
    const found = await isFile(folder, path)
    if (assets.test(path)) {
      if (!found) throw new Problem('not_found')
      // Their names hold a hash of what is in them: they never change.
      return reply
        .removeHeader('cache-control')
        .sendFile(path, { cacheControl: true, immutable: true, maxAge: yearMs })
    }
    reply.header('cache-control', 'no-cache')
    // The page knows by itself which addresses are not there.
    return found && path !== '/index.html' ? reply.sendFile(path) : sendIndex(request, reply, folder)
  })
}

async function sendIndex(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string
): Promise<FastifyReply> {
  if (await isFile(folder, 'index.html')) return reply.sendFile('index.html')
  request.log.warn({ folder }, 'the web app is not built: run npm run build')
  return reply.code(503).type('text/html; charset=utf-8').send(notBuilt)
}

async function isFile(folder: string, name: string): Promise<boolean> {
  if (name.split('/').some((part) => part.startsWith('.')) || /[\0\\]/.test(name)) return false
  return stat(join(folder, name)).then(
    (found) => found.isFile(),
    () => false
  )
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>The web app is not built</h1>
<p>Parley runs, and its API answers. Run <code>npm run build</code> where Parley is, then reload this page.</p></html>
`
