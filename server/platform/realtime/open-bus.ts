import type { NatsConfig } from './nats-url.ts'
import type { Bus } from './bus.ts'
import { MemoryExchange } from './memory-bus.ts'

type BusLogger = { warn(line: string): void; error(error: unknown, line: string): void }

/** The bus that was configured: NATS, or none but this process. Throws when NATS refuses us. */
export async function openBus(
  nats: NatsConfig | null,
  { epoch, logger }: { epoch: string; logger: BusLogger }
): Promise<Bus> {
  if (!nats) return new MemoryExchange().connect()
  const { NatsBus } = await import('./nats-bus.ts')
  return NatsBus.open(nats, {
    epoch,
    onState(state, reason) {
      if (state === 'ok') logger.warn('NATS is back')
      else logger.warn(`NATS is away (${reason}): what other nodes do is seen a few seconds later`)
    },
    onFault: (error) => logger.error(error, 'a fault on the bus; it keeps running')
  })
}
