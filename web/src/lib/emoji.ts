const emojiOnly = /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\uFE0F?|\s)+$/v
const anyEmoji = /\p{RGI_Emoji}|\p{Extended_Pictographic}/gv

/** Whether a message is nothing but one to three emoji, and may be shown big. */
export function isJumbo(content: string): boolean {
  return content.length <= 60 && emojiOnly.test(content) && (content.match(anyEmoji)?.length ?? 0) <= 3
}

/** What a reaction is most of the time. */
export const quickEmoji = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const
