import { includesRole } from '@parley/contract/roles'
import type { RouteAccess } from '@parley/contract/route'
import { Problem } from '@parley/contract/problems'
import type { onRequestHookHandler } from 'fastify'
import { createAuthenticate, principalOf, type AuthenticateDeps, type AuthenticateOptions } from './auth.ts'
import type { Server } from './fastify-server.ts'

declare module 'fastify' {
  interface RouteShorthandOptions extends AuthenticateOptions {
    access?: RouteAccess
  }
}

/**
 * Authenticates the caller of every route that is not public, after the route's own `onRequest` hooks. A route without
 * `access` stops the start.
 */
export function authenticateRoutes(server: Server, deps: AuthenticateDeps): void {
  server.addHook('onRoute', (route) => {
    const { access, url } = route
    if (access === undefined) throw new Error(`${url} does not declare its access`)
    if (access === 'public') return
    route.onRequest = [route.onRequest ?? [], createAuthenticate(deps, route)].flat()
  })
}

/** Refuses callers whose server role is lower than the one that the route's `access` names. */
export function requireRoles(server: Server): void {
  server.addHook('onRoute', (route) => {
    const { access } = route
    if (access === undefined || access === 'public' || access === 'user') return
    const requireRole: onRequestHookHandler = (request, _reply, done) => {
      if (!includesRole(principalOf(request).role, access))
        throw new Problem('role_required', { role: access })
      done()
    }
    route.onRequest = [route.onRequest ?? [], requireRole].flat()
  })
}
