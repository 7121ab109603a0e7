/** Keeps the app's page and what it loads, so that it opens without a network too. It keeps nothing of anybody's. */
declare const self: ServiceWorkerGlobalScope

const cacheName = 'parley-app-1'
/** The one page there is: every address of the app answers with it. */
const page = '/'
/** How long the server may take to answer before the page that is here does, ms. */
const patienceMs = 4_000
const notApp = /^\/(api|livez|readyz|metrics)(\/|$)/

self.addEventListener('install', (event) => {
  event.waitUntil(fetch(page).then(keepPage))
  void self.skipWaiting()
})

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (origin !== location.origin || request.method !== 'GET' || notApp.test(pathname)) return
  if (request.mode === 'navigate') event.respondWith(openPage(event))
  else if (pathname.startsWith('/assets/')) event.respondWith(openAsset(request))
})

/** The server's page where it answers: a new version shows at once. Else the one that is here. */
async function openPage(event: FetchEvent): Promise<Response> {
  const answer = await fetch(event.request, { signal: AbortSignal.timeout(patienceMs) }).catch(() => null)
  if (answer && answer.status < 500) {
    event.waitUntil(keepPage(answer.clone()))
    return answer
  }
  const kept = await caches.match(page, { cacheName })
  return kept ?? answer ?? Response.error()
}

/** Their names hold a hash of what is in them: the one that is here is the right one. */
async function openAsset(request: Request): Promise<Response> {
  const kept = await caches.match(request, { cacheName })
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) await (await caches.open(cacheName)).put(request, answer.clone())
  return answer
}

/** Keeps a page and what it names, and forgets what the page before it needed. */
async function keepPage(answer: Response): Promise<void> {
  if (!answer.ok || !answer.headers.get('content-type')?.startsWith('text/html')) return
  const cache = await caches.open(cacheName)
  const text = await answer.clone().text()
  if ((await (await cache.match(page))?.text()) === text) return
  const assets: string[] = text.match(/\/assets\/[^"]+/g) ?? []
  const known = await cache.keys()
  const here = new Set(known.map(({ url }) => new URL(url).pathname))
  await cache.addAll(assets.filter((asset) => !here.has(asset)))
  await cache.put(page, answer)
  const old = known.filter(
    ({ url }) => !assets.includes(new URL(url).pathname) && new URL(url).pathname !== page
  )
  await Promise.all(old.map((request) => cache.delete(request)))
}
