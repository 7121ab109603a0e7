/** A frame of one user's log, as text. */
export type Frame = { seq: number; text: string }

/** What a stream writes in one go, and the last seq in it. */
export type Joined = { last: number; text: string; bytes: number }

/** Characters; all but a few are a byte each. */
const lengthMax = 128 * 1024

/**
 * The newest frames of one user's log that this process wrote, without a gap. Streams that keep up pull from here;
 * whoever is further behind, or wants what another node wrote, reads the database.
 */
export class FrameRing {
  #frames: Frame[] = []
  #length = 0
  /** The last pull: streams of one user that keep up all ask for the same. */
  #joined: (Joined & { after: number }) | undefined

  push(frame: Frame): void {
    const last = this.#frames.at(-1)
    // Reported late: commits may be heard of in another order.
    if (last && frame.seq <= last.seq) return
    // One that does not follow would make a gap: what is older goes.
    if (last && frame.seq !== last.seq + 1) this.clear()
    this.#frames.push(frame)
    this.#length += frame.text.length
    while (this.#length > lengthMax && this.#frames.length > 1)
      this.#length -= this.#frames.shift()!.text.length
    this.#joined = undefined
  }

  /** Forgets its frames: what they show may not be shown any more. The log says what is left of it. */
  clear(): void {
    this.#frames = []
    this.#length = 0
    this.#joined = undefined
  }

  /** Everything after `seq` in one piece; undefined where the ring does not reach back that far. */
  after(seq: number): Joined | undefined {
    if (this.#joined?.after === seq) return this.#joined
    const first = this.#frames[0]
    if (!first || seq + 1 < first.seq) return undefined
    const last = this.#frames.at(-1)!.seq
    if (seq >= last) return undefined
    let text = ''
    for (let at = seq + 1 - first.seq; at < this.#frames.length; at++) text += this.#frames[at]!.text
    this.#joined = { after: seq, last, text, bytes: Buffer.byteLength(text) }
    return this.#joined
  }
}
