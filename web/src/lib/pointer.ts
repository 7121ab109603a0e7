/** Whether this is a device of touch alone: no keys to hold, and a keyboard that covers half of the screen. */
export function isTouchOnly(): boolean {
  return matchMedia('(hover: none) and (pointer: coarse)').matches
}
