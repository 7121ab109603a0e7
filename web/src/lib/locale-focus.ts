import { useLayoutEffect, type RefObject } from 'react'
import { chooseLocale, type Locale } from './locale.ts'

let switched = false

/** Shows the page in another language. Throws `MissingPart` if its catalog cannot be loaded. */
export async function switchLocale(locale: Locale): Promise<void> {
  switched = true
  try {
    await chooseLocale(locale)
  } catch (error) {
    switched = false
    throw error
  }
}

/** Gives the focus back to where a language was chosen, once the page is rendered in it. */
export function useFocusAfterSwitch(target: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    if (switched) target.current?.focus()
    switched = false
  }, [target])
}
