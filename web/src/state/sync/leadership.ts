import { reportFault } from '@parley/client/failures'

/** Web Locks, as far as an election needs them; absent where a page was not loaded over TLS. */
export type Locks = Pick<LockManager, 'request'>

export type LeadershipOptions = {
  /** Tabs with the same name elect one leader. */
  name: string
  locks: Locks | undefined
  /** This tab leads, until `signal` aborts. */
  onElected(signal: AbortSignal): void
}

/** Pause after a refused request, ms. */
const refusedMs = 1_000

/** One tab of those with the same name leads; when it ends, another does. */
export class Leadership {
  readonly #options: LeadershipOptions
  readonly #closed = new AbortController()
  #term: AbortController | null = null

  constructor(options: LeadershipOptions) {
    this.#options = options
    // Without locks each tab leads itself: more streams, and nothing else is different.
    if (options.locks) this.#stand({ signal: this.#closed.signal }).catch(reportFault)
    else this.#lead().catch(reportFault)
  }

  get leads(): boolean {
    return this.#term !== null
  }

  /** Leads although another tab does: it does not answer, as when the system put it to sleep. */
  takeOver(): void {
    if (this.#options.locks && !this.leads && !this.#closed.signal.aborted)
      this.#stand({ steal: true }).catch(reportFault)
  }

  close(): void {
    this.#closed.abort()
    this.#term?.abort()
  }

  async #stand(options: LockOptions): Promise<void> {
    try {
      await this.#options.locks!.request(this.#options.name, options, () => this.#lead())
    } catch {
      // The lock was stolen, or this tab closed, or the browser refuses: WebKit does so while the page is being left.
      const led = this.leads
      this.#term?.abort()
      // A tab that stole the lock has a request of its own in the queue already.
      if (this.#closed.signal.aborted || options.steal) return
      // Never at once: the next request would be refused at once, too, and the page could not be left.
      setTimeout(
        () => {
          this.#stand({ signal: this.#closed.signal }).catch(reportFault)
        },
        led ? 0 : refusedMs
      )
    }
  }

  /** Resolves when the term ends. */
  #lead(): Promise<void> {
    if (this.#closed.signal.aborted || this.#term) return Promise.resolve()
    const term = new AbortController()
    this.#term = term
    this.#options.onElected(term.signal)
    return new Promise((resolve) => {
      term.signal.addEventListener('abort', () => {
        this.#term = null
        resolve()
      })
    })
  }
}
