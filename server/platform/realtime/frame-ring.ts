import { idLine } from './frame.ts'

/** The lines of an event without its `id:` line; one object for all who get it. */
export type Frame = { readonly lines: string; readonly bytes: number }

export function newFrame(lines: string): Frame {
  return { lines, bytes: Buffer.byteLength(lines) }
}

/** What a stream writes in one go, and the last seq in it. */
export type Joined = { last: number; text: string; bytes: number }

/** Bytes that one user's ring holds at most, unless it holds a single frame. */
const ringMaxBytes = 128 * 1_024

/** Bounds the frames of all rings of a process together: whose frames have waited longest loses them. */
export class FrameBudget {
  readonly #maxBytes: number
  /** Rings that hold frames, the one that was empty last at the end. */
  readonly #rings = new Set<FrameRing>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes of all frames; one that several rings share counts for each of them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Notes that a ring grew or shrank by so many bytes. */
  change(ring: FrameRing, bytes: number, isEmpty: boolean): void {
    this.#bytes += bytes
    if (isEmpty) this.#rings.delete(ring)
    else if (bytes > 0) this.#rings.add(ring)
    if (this.#bytes <= this.#maxBytes) return
    for (const oldest of this.#rings) {
      oldest.clear()
      if (this.#bytes <= this.#maxBytes) return
    }
  }
}

/**
 * The newest frames of one user's log that this process wrote and that not all of their streams have pulled, without a gap.
 * A stream that is further behind, or wants what another node wrote, reads the database.
 */
export class FrameRing {
  readonly #epoch: string
  readonly #budget: FrameBudget
  #frames: Frame[] = []
  /** The seq of the first frame. */
  #first = 0
  #bytes = 0
  /** The last pull: streams of one user that keep up all ask for the same. */
  #joined: (Joined & { after: number; maxBytes: number }) | undefined

  constructor(epoch: string, budget: FrameBudget) {
    this.#epoch = epoch
    this.#budget = budget
  }

  push(seq: number, frame: Frame): void {
    const next = this.#first + this.#frames.length
    // Commits may be reported out of order.
    if (this.#frames.length > 0 && seq < next) return
    // One that does not follow would make a gap: what is older goes.
    if (this.#frames.length > 0 && seq !== next) this.clear()
    if (this.#frames.length === 0) this.#first = seq
    this.#frames.push(frame)
    this.#joined = undefined
    let excess = this.#bytes + frame.bytes - ringMaxBytes
    let dropped = 0
    while (excess > 0 && dropped < this.#frames.length - 1) excess -= this.#frames[dropped++]!.bytes
    if (dropped > 0) this.#drop(dropped)
    this.#grow(frame.bytes)
  }

  /** Drops all frames. Also where what they show may not be shown any more: the log says what is left of it. */
  clear(): void {
    this.#drop(this.#frames.length)
  }

  /** Drops the frames up to `seq`. */
  trim(seq: number): void {
    const count = Math.min(seq + 1 - this.#first, this.#frames.length)
    if (count > 0) this.#drop(count)
  }

  /** What follows `seq`, up to `maxBytes`, at least one frame; undefined where the ring does not reach back that far. */
  after(seq: number, maxBytes: number): Joined | undefined {
    if (this.#joined?.after === seq && this.#joined.maxBytes === maxBytes) return this.#joined
    const begin = seq + 1 - this.#first
    if (begin < 0 || begin >= this.#frames.length) return undefined
    let text = ''
    let bytes = 0
    let at = begin
    for (; at < this.#frames.length; at++) {
      const frame = this.#frames[at]!
      if (at > begin && bytes + frame.bytes > maxBytes) break
      const id = idLine(this.#epoch, this.#first + at)
      text += id + frame.lines
      bytes += id.length + frame.bytes
    }
    this.#joined = { after: seq, maxBytes, last: this.#first + at - 1, text, bytes }
    return this.#joined
  }

  #drop(count: number): void {
    if (count === 0) return
    const dropped = count === this.#frames.length ? this.#frames : this.#frames.slice(0, count)
    this.#frames = count === this.#frames.length ? [] : this.#frames.slice(count)
    this.#first += count
    this.#joined = undefined
    let bytes = 0
    for (const frame of dropped) bytes += frame.bytes
    this.#grow(-bytes)
  }

  #grow(bytes: number): void {
    this.#bytes += bytes
    this.#budget.change(this, bytes, this.#frames.length === 0)
  }
}
