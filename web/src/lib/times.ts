import { t } from '@lingui/core/macro'
import { formatAgo, formatDate } from './formats.ts'

const dayMs = 24 * 60 * 60_000

/** 14:05 */
export function timeOf(at: string): string {
  return formatDate('time', new Date(at))
}

/** Saturday, 31 January 2026 at 14:05 */
export function fullTimeOf(at: string): string {
  return formatDate('full', new Date(at))
}

/** Today, Yesterday, Saturday, 31 January: what stands above a day's messages. */
export function dayOf(at: string, now: Date): string {
  const day = new Date(at)
  const ago = daysBetween(day, now)
  if (ago === 0) return t`Today`
  if (ago === 1) return t`Yesterday`
  if (ago > 1 && ago < 7) return formatDate('weekday', day)
  return formatDate(isSameYear(day, now) ? 'date' : 'dateOfYear', day)
}

/** 14:05, Yesterday, Sat, 31 Jan: as short as it is clear, for lists. */
export function shortTimeOf(at: string, now: Date): string {
  const day = new Date(at)
  const ago = daysBetween(day, now)
  if (ago === 0) return formatDate('time', day)
  if (ago === 1) return t`Yesterday`
  if (ago > 1 && ago < 7) return formatDate('shortWeekday', day)
  return formatDate(isSameYear(day, now) ? 'shortDate' : 'shortDateOfYear', day)
}

/** last seen just now, 5 minutes ago, 3 hours ago, yesterday, on 31 January */
export function lastSeenOf(at: string, now: Date): string {
  const day = new Date(at)
  const minutes = Math.max(0, Math.floor((now.getTime() - day.getTime()) / 60_000))
  if (minutes < 1) return t`last seen just now`
  const ago = daysBetween(day, now)
  const when = agoOf(minutes, ago)
  if (when !== null) return t`last seen ${when}`
  const date = formatDate(isSameYear(day, now) ? 'date' : 'dateOfYear', day)
  return t`last seen on ${date}`
}

/** A time span of a day at most; null for a longer one. */
function agoOf(minutes: number, days: number): string | null {
  if (minutes < 60) return formatAgo(minutes, 'minute')
  if (days === 0 || minutes < 6 * 60) return formatAgo(Math.floor(minutes / 60), 'hour')
  return days === 1 ? formatAgo(1, 'day') : null
}

function isSameYear(day: Date, now: Date): boolean {
  return day.getFullYear() === now.getFullYear()
}

/** Midnights between two moments, whatever the clock change did to the length of the days. */
function daysBetween(earlier: Date, later: Date): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / dayMs)
}

function startOfDay(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime()
}
