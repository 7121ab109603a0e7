import { locales, shownLocale } from './locale.ts'

/** Characters of right-to-left scripts, and those that change the direction of what follows. */
const turning =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const controls = /[\u202a-\u202e\u2066-\u2069]/g

/** A name or quote within a sentence of another direction, isolated so that it does not turn the words around it. */
export function isolate(name: string): string {
  // In a right-to-left sentence every name may be of the other direction, and punctuation beside it would move.
  const needed = locales[shownLocale.getState().locale].dir === 'rtl' || turning.test(name)
  return needed ? `\u2068${name.replace(controls, '')}\u2069` : name
}

/** Attributes of what people wrote: its own direction, and a language that is unknown, not that of the interface. */
export const asWritten = { dir: 'auto', lang: '' } as const

/** The direction of a field: that of its text, and of the page for its placeholder while it is empty. */
export function fieldDir(text: string): 'auto' | undefined {
  return text === '' ? undefined : 'auto'
}
