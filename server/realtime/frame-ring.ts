/** A frame of one user's log, ready for the socket. */
export type Frame = { seq: number; bytes: Buffer }

const bytesMax = 128 * 1024

/**
 * The newest frames of one user's log that this process wrote, without a gap. Streams that keep up pull from here;
 * whoever is further behind, or wants what another node wrote, reads the database.
 */
export class FrameRing {
  #frames: Frame[] = []
  #bytes = 0
  /** The last pull: streams of one user that keep up all ask for the same. */
  #joined: { after: number; last: number; bytes: Buffer } | undefined

  push(frame: Frame): void {
    const last = this.#frames.at(-1)
    // Reported late: commits may be heard of in another order.
    if (last && frame.seq <= last.seq) return
    // One that does not follow would make a gap: what is older goes.
    if (last && frame.seq !== last.seq + 1) this.clear()
    this.#frames.push(frame)
    this.#bytes += frame.bytes.length
    while (this.#bytes > bytesMax && this.#frames.length > 1)
      this.#bytes -= this.#frames.shift()!.bytes.length
    this.#joined = undefined
  }

  /** Forgets its frames: what they show may not be shown any more. The log says what is left of it. */
  clear(): void {
    this.#frames = []
    this.#bytes = 0
    this.#joined = undefined
  }

  /** Everything after `seq` in one buffer; undefined where the ring does not reach back that far. */
  after(seq: number): { last: number; bytes: Buffer } | undefined {
    const first = this.#frames[0]
    if (!first || seq + 1 < first.seq) return undefined
    const newest = this.#frames.at(-1)!.seq
    if (seq >= newest) return undefined
    if (this.#joined?.after !== seq) {
      const frames = this.#frames.slice(seq + 1 - first.seq)
      const bytes = frames.length === 1 ? frames[0]!.bytes : Buffer.concat(frames.map((each) => each.bytes))
      this.#joined = { after: seq, last: newest, bytes }
    }
    return this.#joined
  }
}
