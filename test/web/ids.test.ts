import { expect, it } from 'vitest'
import { compareIds } from '../../web/src/state/model/ids.ts'

it('ids are ordered as numbers', () => {
  expect(['10', '9', '100'].sort(compareIds)).toEqual(['9', '10', '100'])
})
