import { i18n } from '@lingui/core'

/** Formatters by language and options: making one takes longer than using it. At most one for each below. */
const formatters = new Map<string, unknown>()

function cached<Formatter>(name: string, make: (locales: string[]) => Formatter): Formatter {
  const locales = [i18n.locales ?? i18n.locale].flat()
  const key = `${name} ${locales.join(' ')}`
  const formatter = (formatters.get(key) as Formatter | undefined) ?? make(locales)
  formatters.set(key, formatter)
  return formatter
}

const dates = {
  time: { hour: '2-digit', minute: '2-digit' },
  full: { dateStyle: 'full', timeStyle: 'short' },
  weekday: { weekday: 'long' },
  shortWeekday: { weekday: 'short' },
  date: { day: 'numeric', month: 'long' },
  shortDate: { day: 'numeric', month: 'short' },
  dateOfYear: { dateStyle: 'long' },
  shortDateOfYear: { dateStyle: 'short' }
} satisfies Record<string, Intl.DateTimeFormatOptions>

/** A moment as the language of the page writes it. */
export function formatDate(look: keyof typeof dates, day: Date): string {
  return cached(look, (locales) => new Intl.DateTimeFormat(locales, dates[look])).format(day)
}

/** 1,234 or ١٬٢٣٤ */
export function formatNumber(value: number): string {
  return cached('number', (locales) => new Intl.NumberFormat(locales)).format(value)
}

/** 64 kB */
export function formatKilobytes(bytes: number): string {
  const size = { style: 'unit', unit: 'kilobyte' } as const
  return cached('kilobytes', (locales) => new Intl.NumberFormat(locales, size)).format(bytes / 1_024)
}

/** a, b and c */
export function formatList(items: readonly string[]): string {
  return cached('list', (locales) => new Intl.ListFormat(locales)).format(items)
}

/** 5 minutes ago, yesterday */
export function formatAgo(value: number, unit: 'minute' | 'hour' | 'day'): string {
  return cached('ago', (locales) => new Intl.RelativeTimeFormat(locales, { numeric: 'auto' })).format(
    -value,
    unit
  )
}
