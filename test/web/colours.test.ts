import { expect, it } from 'vitest'
import { colourCount, colourOf } from '../../web/src/lib/colours.ts'

it('a username always has the same colour', () => {
  expect(colourOf('jane')).toBe(colourOf('jane'))
  expect(colourOf('👩‍👩‍👧')).toBeLessThan(colourCount)
})
