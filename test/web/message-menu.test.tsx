import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '@parley/contract/messages'
import type { Role } from '@parley/contract/participants'
import { MessageMenu } from '../../web/src/features/conversation/message-menu.tsx'
import { actionsOf } from '../../web/src/features/conversation/row-actions.ts'
import { jane, john, modelServer } from './model-server.ts'
import { openDialogs } from './dialogs.ts'

beforeAll(openDialogs)
afterEach(cleanup)

const server = modelServer()
const mine = server.send('9', john)!
const theirs = server.send('9', jane)!
const edited: Message = { ...theirs, version: 2, editedAt: theirs.createdAt }
const deleted: Message = { ...theirs, content: '', version: 2, deletedAt: theirs.createdAt }
const line: Message = { ...theirs, change: { kind: 'conversation_renamed', title: 'x' } }

const any = ['react', 'reply', 'copy', 'forward']

describe('the actions on a message', () => {
  it.each<[string, Message, Role, 'group' | 'direct', string[]]>([
    ['mine', mine, 'member', 'group', [...any, 'edit', 'delete']],
    ['another’s, as a member', theirs, 'member', 'group', any],
    ['another’s, as an admin', theirs, 'admin', 'group', [...any, 'delete']],
    ['an edited one, as the owner', edited, 'owner', 'group', [...any, 'versions', 'delete']],
    ['an edited one, as a member', edited, 'member', 'group', any],
    ['an edited one in a direct conversation', edited, 'member', 'direct', any],
    ['a deleted one, as an admin', deleted, 'admin', 'group', ['versions']],
    ['a deleted one, as a member', deleted, 'member', 'group', []],
    ['a forwarded one of one’s own', { ...mine, forwardedFrom: jane }, 'member', 'group', [...any, 'delete']],
    ['a line', line, 'owner', 'group', []]
  ])('%s', (_name, message, role, kind, actions) => {
    expect([...actionsOf(message, { role, kind })].toSorted()).toEqual(actions.toSorted())
  })
})

const focused = () =>
  document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent
const item = (emoji: string) => screen.getByRole('menuitemcheckbox', { name: `React with ${emoji}` })

describe("a message's menu", () => {
  const all = new Set(['react', 'reply', 'copy', 'delete'] as const)
  function open(message: Message) {
    const done: string[] = []
    render(
      <MessageMenu
        message={message}
        me={john}
        anchor={{ x: 0, y: 0 }}
        actions={all}
        onReact={(emoji, there) => void done.push(`${there ? 'put' : 'take'} ${emoji}`)}
        onChoose={(choice) => void done.push(choice)}
        onClose={() => void done.push('closed')}
      />
    )
    return done
  }
  it('is used by keys: it starts at its first item and wraps around', () => {
    const done = open(mine)
    expect(focused()).toBe('React with 👍')
    const menu = screen.getByRole('menu')
    fireEvent.keyDown(menu, { key: 'ArrowUp' })
    expect(focused()).toBe('Delete…')
    fireEvent.keyDown(menu, { key: 'ArrowDown' })
    expect(focused()).toBe('React with 👍')
    fireEvent.keyDown(menu, { key: 'End' })
    fireEvent.click(document.activeElement!)
    expect(done).toEqual(['delete'])
  })
  it('removes an own emoji and adds another one', () => {
    const done = open({
      ...theirs,
      reactions: [
        { emoji: '👍', userIds: ['1', '2'] },
        { emoji: '❤️', userIds: ['2'] }
      ]
    })
    expect(item('👍').getAttribute('aria-checked')).toBe('true')
    expect(item('❤️').getAttribute('aria-checked')).toBe('false')
    fireEvent.click(item('👍'))
    fireEvent.click(item('❤️'))
    expect(done).toEqual(['take 👍', 'put ❤️'])
  })
  it("offers no edit of another user's message", () => {
    open(theirs)
    expect(screen.queryByRole('menuitem', { name: 'Edit' })).toBeNull()
    expect(screen.getByRole('menuitem', { name: 'Reply' })).toBeTruthy()
  })
  it('reacts to a press that starts within it, not to the finger that opened it', () => {
    const done = open(theirs)
    const reply = screen.getByRole('menuitem', { name: 'Reply' })
    fireEvent.click(reply, { detail: 1 })
    expect(done).toEqual([])
    fireEvent.pointerDown(reply)
    fireEvent.click(reply, { detail: 1 })
    expect(done).toEqual(['reply'])
  })
})
