/** The load process: a given number of connections, each with one request after the other. */
import { randomBytes } from 'node:crypto'
import { answerCalls } from '../../test/harness/calls.ts'
import { Sender } from './sender.ts'

export type Target = { token: string; path: string }
export type Pages = { token: string; paths: string[] }
export type SendersRun = {
  /** Answers during the measured time. */
  answers: number
  seconds: number
  latenciesMs: Float64Array
  /** Answers by target, including the warm-up. */
  perTarget: number[]
}

/** Returns a connection's next request in full. */
type Requests = () => string
type Timing = { port: number; warmUpMs: number; ms: number }

export const commands = {
  /**
   * Posts for the measured time after a warm-up, each message with its own key. Rejects at the first refusal.
   */
  run({ targets, content, ...timing }: Timing & { targets: Target[]; content: string }): Promise<SendersRun> {
    const run = randomBytes(6).toString('hex')
    let number = 0
    const length = JSON.stringify({ content, clientId: '0'.repeat(36) }).length
    return drive(
      timing,
      targets.map(({ token, path }) => {
        const head =
          `POST ${path} HTTP/1.1\r\nHost: localhost:${timing.port}\r\nAuthorization: Bearer ${token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{"content":"${content}","clientId":"`
        return () => {
          const hex = (++number).toString(16).padStart(12, '0')
          return `${head}${run.slice(0, 8)}-${run.slice(8)}-4000-8000-${hex}"}`
        }
      })
    )
  },

  /** Reads for the measured time after a warm-up; each connection repeats the paths of its target. */
  read({ targets, ...timing }: Timing & { targets: Pages[] }): Promise<SendersRun> {
    return drive(
      timing,
      targets.map(({ token, paths }) => {
        let number = 0
        return () =>
          `GET ${paths[number++ % paths.length]} HTTP/1.1\r\nHost: localhost:${timing.port}\r\n` +
          `Authorization: Bearer ${token}\r\n\r\n`
      })
    )
  }
}

async function drive({ port, warmUpMs, ms }: Timing, connections: Requests[]): Promise<SendersRun> {
  const perTarget = connections.map(() => 0)
  const latencies: number[] = []
  const failed = Promise.withResolvers<never>()
  let measuring = false
  const senders = connections.map((next, index) => {
    const onAnswer = (latencyMs: number) => {
      perTarget[index]!++
      if (measuring) latencies.push(latencyMs)
    }
    return new Sender(port, next, onAnswer, failed.reject)
  })
  for (const sender of senders) sender.start()
  const measured = (async () => {
    await pause(warmUpMs)
    measuring = true
    const startedAt = performance.now()
    await pause(ms)
    measuring = false
    const seconds = (performance.now() - startedAt) / 1_000
    await Promise.all(senders.map((sender) => sender.stop()))
    return seconds
  })()
  const seconds = await Promise.race([measured, failed.promise])
  return { answers: latencies.length, seconds, latenciesMs: Float64Array.from(latencies), perTarget }
}

export type SendersCommands = typeof commands

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

answerCalls(commands)
