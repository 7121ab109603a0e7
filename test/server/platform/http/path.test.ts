import { expect, test } from 'vitest'
import { pathOf } from '../../../../server/platform/http/path.ts'

test.each([
  ['/api/messages?token=secret', '/api/messages'],
  ['/api/messages#token=secret', '/api/messages'],
  ['/api/messages#?token=secret', '/api/messages'],
  ['http://john:secret@parley.example/api/messages?x', '/api/messages'],
  ['//parley.example/x', '//parley.example/x'],
  ['/%61pi/caf%C3%A9', '/api/café'],
  ['/api/%zz?token=secret', '/api/%zz'],
  ['*', '*']
])('the path of %s is %s', (url, path) => {
  expect(pathOf(url)).toBe(path)
})
