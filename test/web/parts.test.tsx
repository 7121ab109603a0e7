import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lazily } from '../../web/src/lib/lazily.tsx'
import { hasUnsavedText } from '../../web/src/lib/missing-part.ts'
import { DialogPart } from '../../web/src/ui/dialog-part.tsx'
import { PanePart } from '../../web/src/ui/pane-part.tsx'
import { openDialogs } from './dialogs.ts'

openDialogs()
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})
beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')))
  // React reports what a boundary caught.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

function Broken({ broken }: { broken: () => boolean }) {
  if (broken()) throw new Error('broken')
  return <p>whole</p>
}

describe('a boundary', () => {
  it('of a pane keeps the panes beside it, and shows its own again on request', () => {
    let broken = true
    render(
      <>
        <PanePart>
          <Broken broken={() => broken} />
        </PanePart>
        <PanePart>
          <p>beside</p>
        </PanePart>
      </>
    )
    expect(screen.getByRole('alert').textContent).toContain('Something went wrong')
    screen.getByText('beside')
    broken = false
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
    screen.getByText('whole')
  })
  it('of a dialog closes with it', () => {
    const close = vi.fn()
    render(
      <DialogPart onClose={close}>
        <Broken broken={() => true} />
      </DialogPart>
    )
    fireEvent.click(screen.getByRole('button', { name: 'Close' }))
    expect(close).toHaveBeenCalledOnce()
  })
})

describe('a lazily loaded part', () => {
  it('that was missing is loaded when it is shown again', async () => {
    let loads = 0
    const Part = lazily(async () => {
      if (++loads === 1) throw new TypeError('missing')
      return { default: () => <p>here</p> }
    })
    render(
      <PanePart>
        <Part />
      </PanePart>
    )
    await screen.findByText(/Check your connection/)
    expect(loads).toBe(1)
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
    await screen.findByText('here')
    expect(loads).toBe(2)
  })
})

it('typed text counts as unsaved unless its field keeps it', () => {
  const page = document.createElement('div')
  page.innerHTML = '<input value=" "><input type="checkbox" value="on"><textarea data-kept>draft</textarea>'
  expect(hasUnsavedText(page)).toBe(false)
  page.innerHTML += '<textarea>a description</textarea>'
  expect(hasUnsavedText(page)).toBe(true)
})
