import { usernameMaxLength } from '@parley/contract/limits'
import { imitates } from '@parley/contract/text/look-alikes'
import { usernameCharacters } from '@parley/contract/usernames'

const pattern = new RegExp(String.raw`^[\p{L}\p{N}][${usernameCharacters}]{0,${usernameMaxLength - 1}}$`, 'u')
/** What is drawn around other characters. */
const enclosing = /\p{Me}/u
const ignorable = /\p{Default_Ignorable_Code_Point}/u
/** Marks that pile up, or stand twice on each other and look like one (UTS 39, 5.4). */
const heapedMarks = /\p{Mn}{5}|(\p{Mn})\1/u

/** `look-alike`: it may be taken for another name. */
export type NameProblem = 'invalid' | 'look-alike'

/** Why a new user may not be called this, which is in NFC; null where they may. Names that exist are not asked. */
export function nameProblem(name: string): NameProblem | null {
  if (!pattern.test(name) || ignorable.test(name) || enclosing.test(name)) return 'invalid'
  return imitates(name) || heapedMarks.test(name.normalize('NFD')) ? 'look-alike' : null
}
