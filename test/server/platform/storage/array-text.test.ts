import * as fc from 'fast-check'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { integersAsText, textsAsText } from '../../../../server/platform/storage/postgres/array-text.ts'
import { noPostgres, sharedDatabase } from '../../../harness/shared-postgres.ts'

const name = `Postgres reads an array back unchanged, whatever its texts are${noPostgres ? ` (${noPostgres})` : ''}`

test.skipIf(noPostgres)(name, async () => {
  const client = new Client({ connectionString: await sharedDatabase() })
  await client.connect()
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', '\\', ',', '{', '}', ' ', '\n', 'é', 'N') }),
    fc.constantFrom('NULL', 'null', '', '{}'),
    fc.constant(null)
  )
  const integers = fc.array(fc.oneof(fc.maxSafeInteger(), fc.constant(null)))
  await fc.assert(
    fc.asyncProperty(fc.array(text), integers, async (texts, numbers) => {
      const { rows } = await client.query<{ texts: (string | null)[]; numbers: (string | null)[] }>(
        'SELECT $1::text[] AS texts, $2::bigint[] AS numbers',
        [textsAsText(texts), integersAsText(numbers)]
      )
      expect(rows[0]).toEqual({ texts, numbers: numbers.map((number) => number?.toString() ?? null) })
    }),
    { numRuns: 300 }
  )
  await client.end()
})
