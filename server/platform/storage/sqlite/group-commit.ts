import type { DatabaseSync } from 'node:sqlite'
import type { CommittedEvent } from '../event-log.ts'
import type { WriteOutcome } from '../store.ts'
import { refusalOf } from './answer.ts'
import { flattenEvents } from './transfer.ts'
import type { Answer, Call, Report } from './worker-messages.ts'

type Done = { answers: Answer[]; committed: CommittedEvent[]; enqueued: string[] }

export type GroupCommitOptions = {
  runWrite: (call: Call) => WriteOutcome | Promise<WriteOutcome>
  /** Drops what is cached of rows: they were rolled back. */
  forget: () => void
  /** Called after each commit, in this order, before and after its report. */
  beforeReport: readonly ((events: number) => void)[]
  report: (report: Report) => void
  afterReport: (events: number) => void
}

/**
 * Gives a function that runs a group of calls in one transaction, without savepoints: under one, SQLite keeps a second copy of
 * every page that a call changes. Where a call fails, which is rare, everything is rolled back and each call gets a transaction
 * of its own.
 *
 * What fails after COMMIT fails nothing: the calls are done, are reported so, and streams are woken. The report names it.
 */
export function openGroupCommit(database: DatabaseSync, options: GroupCommitOptions) {
  const { runWrite, forget, beforeReport, report, afterReport } = options
  const [begin, end] = ['BEGIN IMMEDIATE', 'COMMIT'].map((text) => database.prepare(text))

  async function commitGroup(group: Call[]): Promise<void> {
    let done: Done
    try {
      done = await runTransaction(group)
    } catch (error) {
      // Some errors (a full disk) end the transaction themselves: then it was no call's fault.
      const ended = !database.isTransaction
      if (!ended) database.exec('ROLLBACK')
      forget()
      if (ended || group.length === 1) report(refused(group, error))
      else for (const call of group) await commitGroup([call])
      return
    }
    finish(done)
  }

  async function runTransaction(group: Call[]): Promise<Done> {
    const answers: Answer[] = []
    const committed: CommittedEvent[] = []
    const enqueued = new Set<string>()
    begin!.run()
    for (const call of group) {
      const outcome = await runWrite(call)
      answers.push({ id: call.id, ok: true, result: outcome.result })
      committed.push(...(outcome.committed ?? []))
      for (const queue of outcome.enqueued ?? []) enqueued.add(queue)
    }
    end!.run()
    return { answers, committed, enqueued: [...enqueued] }
  }

  function finish({ answers, committed, enqueued }: Done): void {
    const failures: string[] = []
    function attempt<Result>(step: () => Result): Result | undefined {
      try {
        return step()
      } catch (error) {
        failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
        return undefined
      }
    }
    const events = committed.reduce((sum, event) => sum + event.to.length, 0)
    for (const step of beforeReport) attempt(() => step(events))
    const committedAt = performance.timeOrigin + performance.now()
    reportSurely({
      answers,
      committed: attempt(() => flattenEvents(committed)) ?? [],
      committedAt,
      enqueued,
      failures
    })
    const reported = failures.length
    attempt(() => afterReport(events))
    if (failures.length > reported)
      report({ answers: [], committed: [], committedAt, failures: failures.slice(reported) })
  }

  /** Reports a commit; where an answer cannot be posted, its events still are, and the answers are refused. */
  function reportSurely(full: Report): void {
    try {
      report(full)
    } catch (error) {
      report({ ...full, answers: full.answers.map(({ id }) => refusalOf(id, error)) })
    }
  }

  return commitGroup
}

function refused(group: Call[], error: unknown): Report {
  return {
    answers: group.map((call) => refusalOf(call.id, error)),
    committed: [],
    committedAt: 0,
    failures: []
  }
}
