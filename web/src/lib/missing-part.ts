import { announceUpdate, reloadApp } from './update.ts'

/** A part of the app could not be loaded: there is no network, or the server has another version by now. */
export class MissingPart extends Error {
  constructor(cause: unknown) {
    super('A part of the app could not be loaded', { cause })
    this.name = 'MissingPart'
  }
}

/** The versions of the app that this tab has reloaded on its own. */
const reloadedKey = 'parley:reloaded'
const version = import.meta.url

/**
 * Reloads the page because a part of this version is missing, and then never returns: once for each version, only if
 * the server answers, and only if no typed text would be lost. Otherwise it returns, and the app offers to reload.
 */
export async function reloadForMissingPart(): Promise<void> {
  // Offline, and without a service worker, a reload would lose the page that is there.
  const response = await fetch('/', { method: 'HEAD', cache: 'no-store' }).catch(() => null)
  if (!response?.ok) return
  if (hasUnsavedText() || !noteReload()) return announceUpdate()
  await reloadApp()
  await new Promise(() => {})
}

/** Whether a text field of the page has content that a reload would lose. Fields marked `data-kept` survive one. */
export function hasUnsavedText(root: ParentNode = document): boolean {
  const fields = root.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')
  return Array.from(fields).some(
    (field) => field.closest('[data-kept]') === null && !isChoice.has(field.type) && field.value.trim() !== ''
  )
}

const isChoice: ReadonlySet<string> = new Set(['checkbox', 'radio', 'button', 'submit', 'range', 'hidden'])

/** Whether this version has not reloaded itself in this tab before. */
function noteReload(): boolean {
  try {
    const before = (sessionStorage.getItem(reloadedKey) ?? '').split(' ').filter(Boolean)
    if (before.includes(version)) return false
    sessionStorage.setItem(reloadedKey, [...before.slice(-9), version].join(' '))
    return true
  } catch {
    // Without storage it could reload in a loop.
    return false
  }
}
