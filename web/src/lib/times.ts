import { texts } from './texts.ts'

const dayMs = 24 * 60 * 60_000

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dateOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' })
const shortDateOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'short' })

/** 14:05 */
export function timeOf(at: string): string {
  return time.format(new Date(at))
}

/** Saturday, 31 January 2026 at 14:05 */
export function fullTimeOf(at: string): string {
  return full.format(new Date(at))
}

/** Today, Yesterday, Saturday, 31 January: what stands above a day's messages. */
export function dayOf(at: string, now: Date): string {
  const day = new Date(at)
  const ago = daysBetween(day, now)
  if (ago === 0) return texts.days.today
  if (ago === 1) return texts.days.yesterday
  if (ago > 1 && ago < 7) return weekday.format(day)
  return (day.getFullYear() === now.getFullYear() ? date : dateOfYear).format(day)
}

/** 14:05, Yesterday, Sat, 31 Jan: as short as it is clear, for lists. */
export function shortTimeOf(at: string, now: Date): string {
  const day = new Date(at)
  const ago = daysBetween(day, now)
  if (ago === 0) return time.format(day)
  if (ago === 1) return texts.days.yesterday
  if (ago > 1 && ago < 7) return shortWeekday.format(day)
  return (day.getFullYear() === now.getFullYear() ? shortDate : shortDateOfYear).format(day)
}

/** last seen just now, 5 minutes ago, 3 hours ago, yesterday, on 31 January */
export function lastSeenOf(at: string, now: Date): string {
  const day = new Date(at)
  const minutes = Math.max(0, Math.floor((now.getTime() - day.getTime()) / 60_000))
  const { lastSeen, justNow, minutesAgo, hoursAgo, yesterday, on } = texts.presence
  if (minutes < 1) return lastSeen(justNow)
  if (minutes < 60) return lastSeen(minutesAgo(minutes))
  const ago = daysBetween(day, now)
  if (ago === 0 || minutes < 6 * 60) return lastSeen(hoursAgo(Math.floor(minutes / 60)))
  if (ago === 1) return lastSeen(yesterday)
  return lastSeen(on((day.getFullYear() === now.getFullYear() ? date : dateOfYear).format(day)))
}

/** Midnights between two moments, whatever the clock change did to the length of the days. */
function daysBetween(earlier: Date, later: Date): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / dayMs)
}

function startOfDay(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime()
}
