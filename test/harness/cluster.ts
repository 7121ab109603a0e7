import { hasNats, startNats, type Nats } from './nats.ts'
import { hasNginx, documentedConfig, startNginx, type Nginx } from './nginx.ts'
import { freePort, startParley, type Parley } from './parley.ts'
import { createDatabase, hasPostgres, startPostgres, type Postgres } from './postgres.ts'

/** Several Parley nodes with one Postgres, one NATS server, and nginx in front. */
export type Cluster = {
  /** The public address: nginx, which distributes requests over the nodes. */
  readonly url: string
  readonly nodes: readonly Parley[]
  readonly postgres: Postgres
  readonly databaseUrl: string
  readonly nats: Nats
  readonly nginx: Nginx
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type ClusterOptions = {
  env?: Record<string, string>
  /** Settings for postgresql.conf. */
  postgresSettings?: Record<string, string>
  /** The NATS URL for each node; a direct connection by default. */
  natsUrlOf?: (nats: Nats, node: number) => Promise<string>
}

const nodeCount = 3

/** The reason why a cluster cannot run here; undefined if it can. */
export const noCluster =
  [!hasPostgres && 'Postgres', !hasNats && 'nats-server', !hasNginx && 'nginx'].filter(Boolean).join(', ') ||
  undefined

export async function startCluster({
  env = {},
  postgresSettings = {},
  natsUrlOf
}: ClusterOptions = {}): Promise<Cluster> {
  await using started = new AsyncDisposableStack()
  const [postgres, nats, port, ...ports] = await Promise.all([
    startPostgres({ settings: postgresSettings }),
    startNats(),
    ...Array.from({ length: 1 + nodeCount }, freePort)
  ])
  started.use(postgres)
  started.use(nats)
  const databaseUrl = await createDatabase(postgres.adminUrl)
  const url = `http://localhost:${port}`
  const nodes = await Promise.all(
    ports.map(async (port, index) => {
      const natsUrl = natsUrlOf ? await natsUrlOf(nats, index) : nats.url
      return startParley({
        port,
        env: {
          ORIGIN: url,
          DATABASE_URL: databaseUrl,
          NATS_URL: natsUrl,
          PARLEY_TRUSTED_PROXIES: '127.0.0.1,::1',
          ...env
        }
      })
    })
  )
  for (const node of nodes) started.use(node)
  const nginx = await startNginx(port!, await documentedConfig(port!, ports))
  started.defer(() => nginx.close())
  const held = started.move()
  const close = () => held.disposeAsync()
  return { url, nodes, postgres, databaseUrl, nats, nginx, close, [Symbol.asyncDispose]: close }
}
