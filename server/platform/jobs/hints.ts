/** The pause between two hints: a burst of commits becomes few. */
const pauseMs = 100

/** Tells other nodes of new jobs: of the first at once, of those that follow together. A lost hint delays a job by a sweep. */
export function createHints(publish: (queues: string[]) => void) {
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    timer = undefined
    if (waiting.size === 0) return
    publish([...waiting])
    waiting.clear()
    timer = setTimeout(flush, pauseMs)
    timer.unref()
  }
  return {
    add(queues: readonly string[]): void {
      for (const queue of queues) waiting.add(queue)
      if (!timer) flush()
    },
    /** Sends what waits. */
    close(): void {
      clearTimeout(timer)
      flush()
      clearTimeout(timer)
    }
  }
}
