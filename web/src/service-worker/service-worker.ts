/** Serves the app's page and files from a cache, so that it opens at once and offline. It caches nothing personal. */
declare const self: ServiceWorkerGlobalScope

// The build defines both in front of this script (web/vite.config.ts).
/** The paths of all files of this version but its fonts, which are cached when they are first used. */
declare const appFiles: readonly string[]
/** A hash of this version's page. */
declare const appVersion: string

const prefix = 'parley-app-'
const cacheName = prefix + appVersion
/** Every address of the app answers with this one page. */
const page = '/'
const notApp = /^\/(api|livez|readyz|metrics)(\/|$)/

self.addEventListener('install', (event) => {
  event.waitUntil(
    install().catch(async (error: unknown) => {
      // It would count as the previous version later, in place of the one that open tabs show.
      await caches.delete(cacheName)
      throw error
    })
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldVersions().then(() => self.clients.claim()))
})

// A new version waits until a tab asks for it: tabs that are open keep the version they were loaded with.
self.addEventListener('message', ({ data }) => {
  if (data === 'activate') self.skipWaiting().catch(() => {})
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (origin !== location.origin || request.method !== 'GET' || notApp.test(pathname)) return
  if (request.mode === 'navigate') event.respondWith(openPage(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(openAsset(request))
  else if (appFiles.includes(pathname)) event.respondWith(openFile(request))
})

/** Caches this version as a whole, or fails as a whole; the browser then tries again at its next check. */
async function install(): Promise<void> {
  // Parley 0.1.0's worker has no tabs that could ask for the next version.
  if (await caches.has('parley-app-1')) self.skipWaiting().catch(() => {})
  const cache = await caches.open(cacheName)
  await Promise.all(
    appFiles.map(async (file) => {
      // The name of an asset contains a hash of its content: the previous version's copy is the same.
      const cached = file.startsWith('/assets/') ? await caches.match(file) : undefined
      const response = cached ?? (await fetch(file, { cache: 'no-cache' }))
      if (!response.ok) throw new Error(`${file} answered ${response.status}`)
      await cache.put(file, response)
    })
  )
  if (!(await cachePage(await fetch(page, { cache: 'no-cache' })))) {
    throw new Error('The page belongs to another version')
  }
}

/** Keeps the previous version: tabs that still show it load parts of it. */
async function dropOldVersions(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName)
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)))
}

/** Caches a page if it is this version's: while a server is upgraded, its nodes may serve different ones. */
async function cachePage(response: Response): Promise<boolean> {
  if (!response.ok || response.redirected) return false
  const assets = (await response.clone().text()).match(/\/assets\/[^"]+/g) ?? []
  if (assets.length === 0 || !assets.every((asset) => appFiles.includes(asset))) return false
  await (await caches.open(cacheName)).put(page, response)
  return true
}

/** The cached page, at once. The browser looks for a new version of this script, and so of the app, by itself. */
async function openPage(request: Request): Promise<Response> {
  const cached = await caches.match(page, { cacheName })
  if (cached) return cached
  const response = await fetch(request)
  await cachePage(response.clone())
  return response
}

async function openFile(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName, ignoreSearch: true })) ?? fetch(request)
}

/** An asset of this version or of the previous one. */
async function openAsset(request: Request): Promise<Response> {
  const cached = await caches.match(request)
  if (cached) return cached
  const response = await fetch(request)
  const cache = await caches.open(cacheName)
  if (response.ok) await cache.put(request, response.clone())
  // The cache is incomplete, and the server has another version: the next navigation must not get this page again.
  else if (response.status === 404) await cache.delete(page)
  return response
}
