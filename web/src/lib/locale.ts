import { i18n, type Messages } from '@lingui/core'
import { createStore } from 'zustand/vanilla'
import { messages as english } from '../locales/en.po'
import { keep, recall } from './local-store.ts'
import { MissingPart, reloadForMissingPart } from './missing-part.ts'

/** The languages of the app, each by its own name. */
export const locales = {
  en: { name: 'English', dir: 'ltr' },
  de: { name: 'Deutsch', dir: 'ltr' },
  ar: { name: 'العربية', dir: 'rtl' }
} as const

export type Locale = keyof typeof locales

/** Loads a catalog. English is part of the first script: it stands in for one that cannot be loaded. */
const load: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => Promise.resolve({ messages: english }),
  de: () => import('../locales/de.po'),
  ar: () => import('../locales/ar.po')
}

/** The chosen language, on this device and for all who sign in on it. */
const key = 'parley:locale'
/** The page is shown in English when a catalog takes longer than this at the start, ms. */
const patienceMs = 4_000

i18n.loadAndActivate({ locale: 'en', locales: formatLocales('en'), messages: english })

/** Returns the page's language. Texts are not live: use it as the key of the page, which then renders again on a change. */
export const shownLocale = createStore<{ locale: Locale }>(() => ({ locale: 'en' }))

const isLocale = (value: string | null): value is Locale => value !== null && Object.hasOwn(locales, value)

/** The chosen language, else the first of the browser's that the app has, else English. */
export function preferredLocale(): Locale {
  const chosen = recall(key)
  if (isLocale(chosen)) return chosen
  return navigator.languages.map(baseOf).find(isLocale) ?? 'en'
}

/** Shows the page in the preferred language. Resolves when it is time to render: soon, and in English if need be. */
export async function startLocale(): Promise<void> {
  const started = show(preferredLocale()).catch(() => {})
  await Promise.race([started, new Promise((resolve) => setTimeout(resolve, patienceMs))])
}

/** Keeps a choice and shows the page in that language. Throws `MissingPart` if the catalog cannot be loaded. */
export async function chooseLocale(locale: Locale): Promise<void> {
  keep(key, locale)
  try {
    await show(locale)
  } catch (error) {
    await reloadForMissingPart()
    throw new MissingPart(error)
  }
}

/** Follows a choice that is made in another tab. */
export function followOtherTabs(): void {
  addEventListener('storage', (event) => {
    if (event.key === key) show(preferredLocale()).catch(() => {})
  })
}

let wanted: Locale = 'en'

async function show(locale: Locale): Promise<void> {
  wanted = locale
  const { messages } = await load[locale]()
  // Another one was chosen while this one was loading.
  if (wanted !== locale) return
  i18n.loadAndActivate({ locale, locales: formatLocales(locale), messages })
  document.documentElement.lang = locale
  document.documentElement.dir = locales[locale].dir
  shownLocale.setState({ locale })
}

/** The language with the region that the browser names for it, so that dates are those of the region. */
function formatLocales(locale: Locale): string[] {
  return [...navigator.languages.filter((tag) => baseOf(tag) === locale && isTag(tag)), locale]
}

/** Whether Intl takes a tag: a browser under POSIX locales has `en-US@posix`, for which it throws. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch {
    return false
  }
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split('-', 1)[0]!
}
