import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lazily } from '../../web/src/lib/lazily.tsx'
import { hasUnsavedText } from '../../web/src/lib/missing-part.ts'
import { DialogPart } from '../../web/src/ui/dialog-part.tsx'
import { lazyDialog } from '../../web/src/ui/lazy-dialog.tsx'
import { PanePart } from '../../web/src/ui/pane-part.tsx'
import { openDialogs } from './dialogs.ts'

openDialogs()
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})
beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')))
  // React reports errors that a boundary caught.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

const Waiting = () => <p>on its way</p>

function Broken({ broken }: { broken: () => boolean }) {
  if (broken()) throw new Error('broken')
  return <p>whole</p>
}

describe('a boundary', () => {
  it('around a pane keeps the other panes, and retries its own on request', () => {
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
  it('around a dialog closes with it', () => {
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
    }, Waiting)
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

/** Renders a dialog whose file arrives when `resolve` is called. */
function slowly() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const Part = lazyDialog(
    () => 'New group',
    async () => {
      await promise
      return { default: () => <p>here</p> }
    }
  )
  return { Part, resolve }
}

describe('a lazily loaded dialog', () => {
  it('shows that it is loading on a slow network', async () => {
    const { Part, resolve } = slowly()
    render(<Part onClose={() => {}} />)
    await screen.findByRole('dialog', { name: 'New group' })
    expect(screen.getByRole('status').textContent).toBe('Loading…')
    resolve()
    await screen.findByText('here')
    expect(screen.queryByText('Loading…')).toBeNull()
  })
  it('can be closed while it loads', async () => {
    const { Part } = slowly()
    const close = vi.fn()
    render(<Part onClose={close} />)
    fireEvent.click(await screen.findByRole('button', { name: 'Close' }))
    expect(close).toHaveBeenCalledOnce()
  })
})

it('typed text counts as unsaved unless its field stores it', () => {
  const page = document.createElement('div')
  page.innerHTML = '<input value=" "><input type="checkbox" value="on"><textarea data-kept>draft</textarea>'
  expect(hasUnsavedText(page)).toBe(false)
  page.innerHTML += '<textarea>a description</textarea>'
  expect(hasUnsavedText(page)).toBe(true)
})
