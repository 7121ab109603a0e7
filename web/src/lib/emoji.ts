const jumboMax = 3
let anyEmoji: RegExp | undefined

/** Whether a message is nothing but one to three emoji, and may be shown big. */
export function isJumbo(content: string): boolean {
  if (content.length > 60) return false
  // Made when it is needed: browsers that do not know the flag `v` can still load this file.
  anyEmoji ??= new RegExp(String.raw`\p{RGI_Emoji}|\p{Extended_Pictographic}\uFE0F?`, 'gv')
  const count = content.match(anyEmoji)?.length ?? 0
  return count > 0 && count <= jumboMax && content.replace(anyEmoji, '').trim() === ''
}

/** What a reaction is most of the time. */
export const quickEmoji = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const
