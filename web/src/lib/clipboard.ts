/** Copies a text, also where a page was not loaded over TLS; throws where the browser does not allow it. */
export async function copyText(text: string): Promise<void> {
  try {
    // Absent on plain http; refused where the page has no permission or lost the focus.
    await navigator.clipboard.writeText(text)
  } catch {
    copyBySelection(text)
  }
}

function copyBySelection(text: string): void {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  // While a modal dialog is open nothing outside it can be selected.
  const place = Array.from(document.querySelectorAll('dialog[open]')).at(-1) ?? document.body
  place.append(field)
  field.select()
  const copied = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  if (!copied) throw new Error('The browser refused to copy')
}
