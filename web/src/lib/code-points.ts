/** Code points in a text, which is what the server counts. */
export function countCodePoints(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count++
  return count
}
