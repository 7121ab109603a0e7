import { personalValueMaxBytes } from '@parley/contract/limits'
import { Problem } from '@parley/contract/problems'
import pino, { type Logger } from 'pino'
import { commandSocketPath, listenForCommands, type CommandSocket } from './commands/command-socket.ts'
import { isLoopback, type Config } from './config.ts'
import { openDataDir } from './platform/storage/data-dir.ts'
import { accountCommands, changesBy } from './accounts/accounts.ts'
import { addUsers } from './people/people.ts'
import { Presence } from './presence/presence.ts'
import { Sessions } from './sessions/sessions.ts'
import { createThrottle } from './platform/throttle.ts'
import { createTyping } from './presence/typing.ts'
import { developmentRole } from './sign-in/development-login.ts'
import { createApi, type ApiDeps } from './routes.ts'
import { backlog } from './platform/http/listener.ts'
import { headerLines, securityHeaders } from './platform/http/security-headers.ts'
import { createHints } from './platform/jobs/hints.ts'
import { JobRunner, type RunnerOptions } from './platform/jobs/runner.ts'
import { listenForMetrics, type MetricsListener } from './platform/metrics/listener.ts'
import { changeOf, encodeQueues, queuesOf } from './platform/realtime/bus-messages.ts'
import { Hub } from './platform/realtime/hub.ts'
import { Sweep } from './platform/realtime/sweep.ts'
import { openBus } from './platform/realtime/open-bus.ts'
import { listQueues } from './jobs.ts'
import { openStore } from './open-store.ts'

/** The longest delay of an event whose hint was lost. */
const sweepIntervalMs = 3_000
/** The same for a lone server, which loses a wake only when something failed after a commit. */
const loneSweepIntervalMs = 30_000
/** What each open stream adds to the time over which a drain spreads their return. */
const drainPerStreamMs = 5
/** Jobs of a queue that the metrics count at most. */
const countedJobsMax = 10_000

/**
 * Creates Parley: all parts, connected. `describe` runs before the routes are added. Throws what prevents the start.
 */
export async function createApp(config: Config, describe?: ApiDeps['describe']) {
  const logger = pino({ level: config.logLevel })
  if (config.database.kind === 'sqlite') {
    const warning = await openDataDir(config.dataDir)
    if (warning) logger.warn(warning)
  }

  const { protocol, hostname } = new URL(config.origin)
  if (protocol === 'http:' && !isLoopback(hostname)) {
    logger.warn(
      `ORIGIN is ${config.origin}: everything that people send, their sessions too, can be read on the way; ` +
        'put a proxy with TLS in front, and give ORIGIN its https:// address (deploy/ has two)'
    )
  }

  // Loaded on demand: prom-client takes 19 MB.
  const metrics = config.metrics ? (await import('./platform/metrics/metrics.ts')).createMetrics() : null
  const store = await openStore(config.database, { onSends: metrics?.onSends, logger })
  if (store.renewed) {
    logger.warn(`the database is ${store.renewed}: it has a new epoch, and every device starts over from it`)
  }
  if (config.developmentLogin) await addUsers(store, ['john', 'jane'])

  // Other processes may write to it, and no other process announces a commit whose reply was lost.
  const shared = config.database.kind === 'postgres'
  const bus = await openBus(config.nats, { epoch: store.epoch, logger }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const sessions = new Sessions(store, {
    perUserMax: config.sessionsPerUser,
    publish: (change) => bus.publishSession(change),
    onFailure: (error) =>
      logger.warn(error, 'the use of a session could not be recorded; it is recorded at a later use'),
    ...(config.developmentLogin && { roleOf: developmentRole }),
    // From sweep to sweep, with time for the next.
    ...(shared && { cacheMs: 2 * sweepIntervalMs })
  })
  bus.onSession((change) => sessions.apply(change))
  // Sessions that a command changed, where there is no bus.
  store.notices?.listen((text) => {
    const change = changeOf(text)
    if (change) sessions.apply(change)
    else jobs.wake(queuesOf(text))
  })
  const presence = new Presence(store, {
    tell: (userIds, signal) => hub.signalHere(userIds, signal),
    publish: (text) => bus.publishPresence(text),
    isHeard: () => bus.state === 'ok',
    onFailure: (error) => logger.warn(error, 'presence changes could not be sent; Parley retries')
  })
  bus.onPresence((text) => presence.hear(text))
  const hub = new Hub(store.events, bus, {
    ...config,
    // A character of JSON is 6 bytes at most; beside its text a message has some names.
    eventMaxBytes: Math.max(6 * config.messageMaxLength, personalValueMaxBytes) + 8_192,
    headers: headerLines(securityHeaders(config)),
    onDelivered: metrics?.onDelivered,
    onFailure: logStreamFailures(logger),
    onPerson: (userId, here) => (here ? presence.came(userId) : presence.left(userId))
  })
  sessions.onChanged((change) => hub.limitSession(change))

  async function lookAgain(): Promise<void> {
    try {
      // Sessions first: a stream whose session has ended gets nothing more.
      await sessions.recheck(hub.owners())
    } finally {
      await hub.sweep()
    }
  }
  const onFailure = (error: unknown) => logger.warn(error, 'a sweep failed; the next one runs as usual')
  const sweep = shared
    ? new Sweep(lookAgain, { intervalMs: sweepIntervalMs, onFailure })
    : new Sweep(() => hub.sweep(), { intervalMs: loneSweepIntervalMs, onFailure })
  bus.onRecovered(() => {
    sweep.now()
    presence.askOthers()
  })
  presence.askOthers()

  const queues = listQueues(store, config)
  const jobs = new JobRunner(store, queues, { alone: !shared, onFailure: logJobFailures(logger) })
  const hints = createHints((names) => {
    if (config.nats) bus.publishJobs(names)
    // Lost while the database is unreachable: the sweep finds the jobs.
    else store.notices?.publish(encodeQueues(names)).catch(() => {})
  })
  store.onEnqueued((names) => {
    jobs.wake(names)
    hints.add(names)
  })
  bus.onJobs((names) => jobs.wake(names))
  jobs.start()

  let ready = true
  const server = await createApi({
    config,
    store,
    sessions,
    hub,
    sendTyping: createTyping(store, (userIds, signal) => hub.signal(userIds, signal)),
    presence,
    logger,
    ready: () => ready,
    busState: () => bus.state,
    onAnswered: metrics?.onAnswered,
    describe
  })
  metrics?.watch({
    hub,
    sessions,
    store,
    bus,
    presence,
    jobs: {
      running: () => jobs.active,
      count: () =>
        store.read('countJobs', {
          queues: queues.map(({ queue }) => queue),
          epoch: store.epoch,
          max: countedJobsMax
        })
    }
  })
  let metricsListener: MetricsListener | null = null
  let commandSocket: CommandSocket | null = null

  /** Only on SQLite, where this process is the one writer. Everything else works without it, so a failure does not stop the start. */
  async function answerCommands(): Promise<void> {
    if (config.database.kind !== 'sqlite') return
    try {
      const path = commandSocketPath(config.dataDir)
      commandSocket = await listenForCommands(path, config.database.path, async (name, input) => {
        const result = await accountCommands[name](store, input)
        for (const change of changesBy(result)) sessions.announce(change)
        return result
      })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      logger.warn(`parley user … cannot reach this server while it runs: ${why}`)
    }
  }

  return {
    server,
    store,
    hub,
    /** Where metrics are read, once it listens. */
    metricsUrl: () => metricsListener?.url,
    /** Starts to answer. Resolves with the address. */
    async listen(): Promise<string> {
      if (metrics) {
        metricsListener = await listenForMetrics(metrics.exposition, config.metrics!, (error) =>
          logger.warn(error, 'metrics could not be read')
        )
      }
      await answerCommands()
      return server.listen({ host: config.host, port: config.port, backlog })
    },
    /**
     * Stops in order: not ready, no new streams and jobs, open ones end, requests finish, the store closes. The store closes even
     * if an earlier step fails. Throws the first failure.
     */
    async close(): Promise<void> {
      ready = false
      try {
        await commandSocket?.close()
        await Promise.all([
          jobs.close(config.drainMs / 2),
          hub.drain(Math.min(config.drainMs / 2, hub.size * drainPerStreamMs))
        ])
        await server.close()
        hints.close()
        hub.close()
        sweep.close()
        await presence.close()
        await bus.close()
      } finally {
        await store.close()
        metricsListener?.close()
      }
    }
  }
}

/** Logs what ends streams: once a second of each kind, as thousands may end of the same. */
function logStreamFailures(logger: Logger): (error: unknown) => void {
  const mayLog = createThrottle(1_000)
  return (error) => {
    if (!mayLog(String(error))) return
    if (error instanceof Problem) logger.warn(error, 'a stream could not read its log; its client comes back')
    else logger.error(error, 'a stream was ended by a fault of the server; its client comes back')
  }
}

/** Logs failures of jobs: one a second of each queue, as thousands may fail for one cause. */
function logJobFailures(logger: Logger): RunnerOptions['onFailure'] {
  const mayLog = createThrottle(1_000)
  return (error, job) => {
    if (!mayLog(`${job?.queue} ${job?.isLast}`)) return
    if (!job) logger.warn(error, 'jobs could not be read or acknowledged; it is retried')
    else if (job.isLast) logger.error({ err: error, ...job }, 'a job failed for the last time')
    else logger.warn({ err: error, ...job }, 'a job failed; it is retried')
  }
}

export type App = Awaited<ReturnType<typeof createApp>>
