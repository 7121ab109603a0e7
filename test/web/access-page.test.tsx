import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { NetworkError, Refusal } from '@parley/client'
import type { LoginMethods } from '@parley/contract/sign-in'
import { AccessPage } from '../../web/src/features/access/access-page.tsx'

afterEach(cleanup)

function arrive(
  methods: LoginMethods | Error,
  options: { problem?: string; expired?: boolean; onLogin?: (username: string) => Promise<void> } = {}
) {
  const loadMethods = () => (methods instanceof Error ? Promise.reject(methods) : Promise.resolve(methods))
  const onLogin = options.onLogin ?? (() => Promise.resolve())
  render(
    <AccessPage
      loadMethods={loadMethods}
      githubAddress="/api/oauth/github?session=cookie"
      expired={options.expired ?? false}
      problem={options.problem ?? null}
      onLogin={onLogin}
    />
  )
}

describe('the access page', () => {
  it('offers exactly the sign-in methods of the server', async () => {
    arrive({ github: true, development: false })
    const link = await screen.findByRole<HTMLAnchorElement>('link', { name: 'Continue with GitHub' })
    expect(link.getAttribute('href')).toBe('/api/oauth/github?session=cookie')
    expect(screen.queryByLabelText('Username')).toBeNull()
  })
  it('shows the result of a sign-in on another site', async () => {
    arrive({ github: true, development: false }, { problem: 'oauth_state_invalid' })
    await screen.findByRole('link')
    expect(screen.getByRole('alert').textContent).toMatch(/Try again/)
  })
  it('says when no sign-in is possible, and when the server is unreachable', async () => {
    arrive({ github: false, development: false })
    await screen.findByText(/Sign-in isn’t set up/)
    cleanup()
    arrive(new NetworkError('away'))
    await screen.findByText(/can’t be reached/)
    cleanup()
    arrive({ github: false, development: true }, { expired: true })
    await screen.findByLabelText('Username')
    screen.getByText(/session has expired/)
  })
  it('signs in by username, and explains an error', async () => {
    const names: string[] = []
    const onLogin = (username: string) => {
      names.push(username)
      return Promise.reject(new Refusal(404, { code: 'user_not_found' }))
    }
    arrive({ github: false, development: true }, { onLogin })
    const field = await screen.findByLabelText('Username')
    fireEvent.submit(field)
    await screen.findByText('Enter your username.')
    fireEvent.change(field, { target: { value: ' unknown ' } })
    fireEvent.submit(field)
    await screen.findByText(/No one has this username/)
    expect(names).toEqual(['unknown'])
    expect(field.getAttribute('aria-invalid')).toBe('true')
  })
})
