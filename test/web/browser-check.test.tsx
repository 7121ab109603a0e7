import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const script = await readFile('web/public/browser-check.js', 'utf8')
const withResolvers = Object.getOwnPropertyDescriptor(Promise, 'withResolvers')!
let root: HTMLElement

beforeEach(() => {
  document.body.innerHTML = '<div id="root"></div>'
  root = document.getElementById('root')!
  // Missing in jsdom.
  vi.stubGlobal('BroadcastChannel', EventTarget)
  Object.assign(HTMLDialogElement.prototype, { showModal() {} })
})
afterEach(() => {
  Object.defineProperty(Promise, 'withResolvers', withResolvers)
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Runs the check on its own page; the returned function dispatches events there. */
function run(): (event: string) => void {
  const events = new EventTarget()
  const page = {
    getElementById: () => root,
    createElement: (name: string) => document.createElement(name),
    createTextNode: (text: string) => document.createTextNode(text),
    addEventListener: events.addEventListener.bind(events)
  }
  // oxlint-disable-next-line typescript/no-implied-eval -- as a page runs it
  new Function('window', 'document', script)(page, page)
  return (event) => void events.dispatchEvent(new Event(event))
}

it('a browser with all required features gets no message', () => {
  run()('DOMContentLoaded')
  expect(root.textContent).toBe('')
})

it.each([
  [
    'sets in regular expressions',
    () =>
      vi.stubGlobal('RegExp', function (text: string, flags: string) {
        if (flags === 'v') throw new SyntaxError('Invalid flags')
        return new RegExp(text, flags)
      })
  ],
  ['Promise.withResolvers', () => void Object.assign(Promise, { withResolvers: undefined })],
  ['AbortSignal.any', () => vi.stubGlobal('AbortSignal', {})],
  ['Intl.Segmenter', () => vi.stubGlobal('Intl', {})],
  ['BroadcastChannel', () => vi.stubGlobal('BroadcastChannel', undefined)],
  ['dialogs', () => void Object.assign(HTMLDialogElement.prototype, { showModal: undefined })]
])('a browser without %s gets the required version', (_name, takeAway) => {
  takeAway()
  run()('DOMContentLoaded')
  vi.unstubAllGlobals()
  expect(root.textContent).toMatch(/too old for Parley.*Chrome or Edge 119/)
})

it.each(['error', 'unhandledrejection'])('an app that ends by %s during loading says so', (event) => {
  run()(event)
  expect(root.textContent).toMatch(/Parley could not start/)
  expect(root.querySelector('button')?.textContent).toBe('Reload')
})

it('content on the screen stays there', () => {
  root.textContent = 'the app'
  run()('error')
  expect(root.textContent).toBe('the app')
})
