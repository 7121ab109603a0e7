import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '@parley/contract/participants'
import { may, mayDo, type GroupAction } from '@parley/contract/roles'
import { addUsers } from '../../../server/people/people.ts'
import { refusal, startInProcess, type InProcess, type Person } from '../../harness/in-process.ts'

let parley: InProcess
let john: Person
let jane: Person
let anna: Person
let paul: Person
beforeAll(async () => {
  parley = await startInProcess()
  await addUsers(parley.app.store, ['anna', 'paul', 'mary'])
  ;[john, jane, anna, paul] = (await Promise.all(
    ['john', 'jane', 'anna', 'paul'].map((name) => parley.signIn(name))
  )) as [Person, Person, Person, Person]
})
afterAll(() => parley.close())

/**
 * Each action on a fresh target in a group of its owner john, its admins jane and anna, and its member paul.
 */
const requests: Record<GroupAction, (who: Person, group: string) => Promise<LightMyRequestResponse>> = {
  rename: (who, group) => who.patch(group, { title: 'Mates' }),
  add_participant: (who, group) => who.post(`${group}/participants`, { username: 'mary' }),
  remove_member: (who, group) => who.delete(`${group}/participants/${paul.id}`),
  remove_admin: (who, group) => who.delete(`${group}/participants/${anna.id}`),
  change_role: (who, group) => who.patch(`${group}/participants/${paul.id}`, { role: 'admin' }),
  delete_any_message: async (who, group) => who.delete(await sayAs(anna, group)),
  read_versions: async (who, group) => who.get(`${await sayAs(who, group)}/versions`)
}
const roles: Role[] = ['owner', 'admin', 'member']
const pairs = roles.flatMap((role) =>
  Object.keys(mayDo).map((action) => [role, action as GroupAction] as const)
)

/** Sends a message as this user; returns its path. */
async function sayAs(who: Person, group: string): Promise<string> {
  return `${group}/messages/${(await who.send(group.split('/').at(-1)!, 'hello')).id}`
}

async function startGroup(): Promise<string> {
  const group = await john.group(['jane', 'anna', 'paul'])
  for (const { id } of [jane, anna]) await john.patch(`${group}/participants/${id}`, { role: 'admin' })
  return group
}
const refusalOf = (action: GroupAction) =>
  action === 'delete_any_message' ? '403 not_your_message' : '403 not_allowed'

/** The requester for a role; a member asks to remove another member. */
const personOf = (role: Role) => ({ owner: john, admin: jane, member: paul })[role]

describe('in a group', () => {
  test.each(pairs)('the %s may %s as the table says', async (role, action) => {
    const group = await startGroup()
    if (role === 'member') await john.post(`${group}/participants`, { username: 'mary' })
    const answer = await requests[action](
      role === 'member' && action === 'remove_member' ? await parley.signIn('mary') : personOf(role),
      group
    )
    if (may(role, action)) expect(answer.statusCode).toBeLessThan(300)
    else expect(refusal(answer)).toBe(refusalOf(action))
  })

  test.each(roles)('no one removes the owner, not even the %s, but the owner may leave', async (role) => {
    const group = await startGroup()
    const answer = await personOf(role).delete(`${group}/participants/${john.id}`)
    if (role === 'owner') expect(answer.statusCode).toBe(204)
    else expect(refusal(answer)).toBe('403 not_allowed')
  })

  test.each(roles)('the %s may leave', async (role) => {
    const group = await startGroup()
    const who = personOf(role)
    expect((await who.delete(`${group}/participants/${who.id}`)).statusCode).toBe(204)
    expect(refusal(await who.get(group))).toBe('404 conversation_not_found')
  })

  test('admins add members, and only the owner adds admins', async () => {
    const group = await startGroup()
    const mary = { username: 'mary', role: 'admin' }
    expect(refusal(await jane.post(`${group}/participants`, mary))).toBe('403 not_allowed')
    expect((await john.post(`${group}/participants`, mary)).json()).toMatchObject({ role: 'admin' })
  })

  test('an owner who transfers ownership becomes an admin and cannot transfer it again', async () => {
    const group = await startGroup()
    expect(refusal(await john.patch(`${group}/participants/${john.id}`, { role: 'member' }))).toBe(
      '403 not_allowed'
    )
    const made = await john.patch(`${group}/participants/${paul.id}`, { role: 'owner' })
    expect(made.json()).toMatchObject({ role: 'owner', user: { username: 'paul' } })
    expect((await john.get(group)).json().role).toBe('admin')
    expect(refusal(await john.patch(`${group}/participants/${jane.id}`, { role: 'owner' }))).toBe(
      '403 not_allowed'
    )
  })
})

describe('in a direct conversation', () => {
  test.each(Object.keys(mayDo) as GroupAction[])('no user may %s', async (action) => {
    const { id } = await paul.conversationWith('anna')
    expect(refusal(await requests[action](paul, `/api/conversations/${id}`))).toBe(refusalOf(action))
  })

  test('no user leaves', async () => {
    const { id } = await john.conversationWith('jane')
    expect(refusal(await john.delete(`/api/conversations/${id}/participants/${john.id}`))).toBe(
      '403 not_allowed'
    )
  })
})
