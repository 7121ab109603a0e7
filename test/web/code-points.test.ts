import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { countCodePoints } from '../../web/src/lib/code-points.ts'

it('code points are counted as the server counts them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(countCodePoints(text)).toBe(Array.from(text).length)
    })
  )
})
