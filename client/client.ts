import { formatCursor, type Cursor } from '@parley/contract/cursor'
import type { Conversation } from '@parley/contract/conversations'
import type { Message, MessageVersion } from '@parley/contract/messages'
import type { Participant, Role } from '@parley/contract/participants'
import type { AuthUser, User } from '@parley/contract/people'
import type { Presence } from '@parley/contract/presence'
import type { Token } from '@parley/contract/sessions'
import type { Login, LoginMethods } from '@parley/contract/sign-in'
import type { PersonalKind, PersonalValue } from '@parley/contract/personal-state'
import { paths } from '@parley/contract/paths'
import { systemClock, type Clock } from './clock.ts'
import { open, request, type Answer, type Connection } from './request.ts'

export type ClientOptions = {
  /** The server's origin, without a trailing slash. Defaults to the page's own origin. */
  baseUrl?: string
  /** A session token. Without one the client relies on the cookie until `login` returns a token. */
  token?: string
  /** `cookie` requests an HttpOnly cookie at login, so that no script ever holds a token. */
  session?: 'cookie' | 'token'
  fetch?: typeof globalThis.fetch
  clock?: Clock
  /** Request timeout, ms. */
  timeoutMs?: number
  /**
   * Called with the server's time on each answer, ms since 1970, in whole seconds. The device's clock may be
   * wrong.
   */
  onServerTime?: (serverMs: number) => void
}

/** Maximum characters of JSON sent with `keepalive`: browsers limit all such requests together to 64 kB. */
const keepaliveMax = 15_000

type Abortable = { signal?: AbortSignal | undefined }
export type Client = ReturnType<typeof createClient>

/** Returns an object with one method per route of Parley's API. Every method throws what `request` throws. */
export function createClient(options: ClientOptions = {}) {
  const { session = 'token' } = options
  const connection: Connection = {
    baseUrl: options.baseUrl ?? '',
    token: options.token ?? null,
    // The platform's `fetch` must be called unbound.
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    clock: options.clock ?? systemClock,
    timeoutMs: options.timeoutMs ?? 30_000,
    onServerTime: options.onServerTime
  }
  const mode = session === 'cookie' ? { session } : {}
  const get = <Data>(path: string, query: Record<string, string | undefined>, { signal }: Abortable) =>
    request<Data>(connection, { path, query, signal })
  const call =
    (method: 'POST' | 'PATCH' | 'PUT' | 'DELETE') =>
    async <Data>(path: string, body?: unknown, { signal }: Abortable = {}) =>
      (await request<Data>(connection, { method, path, body, signal })).data
  const [post, patch, put, remove] = [call('POST'), call('PATCH'), call('PUT'), call('DELETE')]

  return {
    get token(): string | null {
      return connection.token
    },

    /** Returns the sign-in methods that the server offers. */
    async loginMethods(abortable: Abortable = {}): Promise<LoginMethods> {
      return (await get<LoginMethods>(paths.loginMethods, {}, abortable)).data
    },
    /** Signs in with the development login and uses its session from then on. */
    async login(username: string): Promise<Login> {
      const spec = { method: 'POST' as const, path: paths.login, query: mode, body: { username } }
      const { data } = await request<Login>(connection, spec)
      connection.token = data.token ?? null
      return data
    },
    /** Returns the URL that signs in with GitHub and then redirects to the app's path `returnTo`. */
    githubAddress(returnTo?: string): string {
      const query = new URLSearchParams({ ...mode, ...(returnTo !== undefined && { return_to: returnTo }) })
      return `${connection.baseUrl}${paths.oauthGithub}?${query.toString()}`
    },
    /** Ends the session and closes its streams. */
    async logout(): Promise<void> {
      await post(paths.logout)
      connection.token = null
    },
    /** Returns the signed-in user and the maximum length of a message. */
    async authUser({ signal }: Abortable = {}): Promise<AuthUser> {
      let max = 0
      const { data } = await request<User>(connection, {
        path: paths.authUser,
        signal,
        onHeaders: (headers) => (max = Number(headers.get('message-max-length')))
      })
      return Number.isInteger(max) && max > 0 ? { ...data, messageMaxLength: max } : data
    },
    /** Extends the session to its full lifetime and returns the new expiry. */
    async refreshToken(): Promise<Token> {
      const token = await post<Token>(paths.refreshToken)
      if (connection.token !== null && token.token !== undefined) connection.token = token.token
      return token
    },

    /** Returns up to 5 usernames that start with `search`, excluding yours. */
    async usernames(search: string, abortable: Abortable = {}): Promise<string[]> {
      return (await get<string[]>(paths.usernames, { search }, abortable)).data
    },
    /** Starts a conversation with a user, or returns the existing one. */
    startConversation(username: string): Promise<Conversation> {
      return post(paths.conversations, { username })
    },
    /**
     * Starts a group that you own. `history` is what later members can read of earlier messages; all of it by
     * default.
     */
    startGroup(group: {
      title: string
      usernames: string[]
      history?: 'all' | 'joined'
    }): Promise<Conversation> {
      return post(paths.conversations, group)
    },
    renameConversation(id: string, title: string): Promise<Conversation> {
      return patch(at(paths.conversation, { conversationId: id }), { title })
    },
    /**
     * Lists the members of a conversation in the order in which they joined, one page at a time. `after` is
     * the id of the previous page's last member.
     */
    participants(
      conversationId: string,
      options: { after?: string | undefined } & Abortable = {}
    ): Promise<Answer<Participant[]>> {
      return get(at(paths.participants, { conversationId }), { after: options.after }, options)
    },
    /** Adds a user to a group. Succeeds as well if the user is a member already. */
    addParticipant(
      conversationId: string,
      participant: { username: string; role?: 'admin' | 'member' }
    ): Promise<Participant> {
      return post(at(paths.participants, { conversationId }), participant)
    },
    changeRole(conversationId: string, userId: string, role: Role): Promise<Participant> {
      return patch(at(paths.participant, { conversationId, userId }), { role })
    },
    /** Removes a member from a group. With your own id you leave it. */
    async removeParticipant(conversationId: string, userId: string): Promise<void> {
      await remove(at(paths.participant, { conversationId, userId }))
    },
    /**
     * Lists your conversations with at least one message, most recent first, one page at a time. `before` is
     * the id of the previous page's last conversation.
     */
    conversations(
      options: { before?: string | undefined } & Abortable = {}
    ): Promise<Answer<Conversation[]>> {
      return get(paths.conversations, { before: options.before }, options)
    },
    conversation(id: string, abortable: Abortable = {}): Promise<Answer<Conversation>> {
      return get(at(paths.conversation, { conversationId: id }), {}, abortable)
    },
    otherParticipant(id: string, abortable: Abortable = {}): Promise<Answer<User>> {
      return get(at(paths.otherParticipant, { conversationId: id }), {}, abortable)
    },

    /**
     * Lists messages, newest first, one page at a time. Marks them as read unless `before` or `peek` is
     * given.
     */
    messages(
      conversationId: string,
      options: { before?: string | undefined; peek?: boolean } & Abortable = {}
    ): Promise<Answer<Message[]>> {
      const query = { before: options.before, peek: options.peek ? '1' : undefined }
      return get(at(paths.messages, { conversationId }), query, options)
    },
    /**
     * Sends a message, optionally as a reply. `clientId` (a UUID) is the idempotency key: retries create no
     * second message.
     */
    sendMessage(
      conversationId: string,
      message: { content: string; replyTo?: string; clientId?: string },
      abortable: Abortable = {}
    ): Promise<Message> {
      return post(at(paths.messages, { conversationId }), message, abortable)
    },
    /** Forwards a message from one of your conversations to another. `clientId` is the idempotency key. */
    forwardMessage(
      conversationId: string,
      message: { forwardOf: string; clientId?: string },
      abortable: Abortable = {}
    ): Promise<Message> {
      return post(at(paths.messages, { conversationId }), message, abortable)
    },
    /**
     * Replaces the text of your message. `version` is the version that you edited; a newer one on the server
     * is a conflict.
     */
    editMessage(
      conversationId: string,
      messageId: string,
      edit: { content: string; version?: number },
      abortable: Abortable = {}
    ): Promise<Message> {
      return patch(at(paths.message, { conversationId, messageId }), edit, abortable)
    },
    /** Deletes your message or, as owner or admin of the group, any member's message. */
    async deleteMessage(conversationId: string, messageId: string, abortable: Abortable = {}): Promise<void> {
      await remove(at(paths.message, { conversationId, messageId }), undefined, abortable)
    },
    /** Adds your reaction to a message. Idempotent. */
    async addReaction(
      conversationId: string,
      messageId: string,
      emoji: string,
      abortable: Abortable = {}
    ): Promise<void> {
      await put(at(paths.reaction, { conversationId, messageId, emoji }), undefined, abortable)
    },
    /** Removes your reaction from a message. Idempotent. */
    async removeReaction(
      conversationId: string,
      messageId: string,
      emoji: string,
      abortable: Abortable = {}
    ): Promise<void> {
      await remove(at(paths.reaction, { conversationId, messageId, emoji }), undefined, abortable)
    },
    /** Lists the earlier versions of a message, oldest first. Only the group's owner and admins may. */
    async messageVersions(
      conversationId: string,
      messageId: string,
      abortable: Abortable = {}
    ): Promise<MessageVersion[]> {
      const path = at(paths.messageVersions, { conversationId, messageId })
      return (await get<MessageVersion[]>(path, {}, abortable)).data
    },
    /** Marks messages as read up to and including `upTo`, or up to the newest. */
    async readMessages(conversationId: string, upTo?: string, abortable: Abortable = {}): Promise<void> {
      await post(at(paths.readMessages, { conversationId }), upTo && { upTo }, abortable)
    },
    /** Sends one typing signal. `Awareness` repeats it as often as needed. */
    async sendTyping(conversationId: string, abortable: Abortable = {}): Promise<void> {
      await post(at(paths.typing, { conversationId }), undefined, abortable)
    },
    /**
     * Returns the presence of each user with whom you share a conversation of at most `signalsMax` members.
     */
    async presence(abortable: Abortable = {}): Promise<Presence[]> {
      return (await get<Presence[]>(paths.presence, {}, abortable)).data
    },

    /**
     * Lists your personal state by kind and key, one page at a time. `after` is the previous page's last
     * value; an empty page is the end.
     */
    personalState(
      options: {
        kind?: PersonalKind
        after?: Pick<PersonalValue, 'kind' | 'key'> | undefined
      } & Abortable = {}
    ): Promise<Answer<PersonalValue[]>> {
      const { kind, after } = options
      const query = { kind, after: after && `${after.kind}/${after.key}` }
      return get(paths.personalState, query, options)
    },
    /**
     * Sets a value at this version, or deletes it with null. Safe to retry. A small value is sent even if its page is closed.
     * Throws the problem `version_conflict`, whose `current` is the stored value, if its version differs.
     */
    async putPersonalState(
      { kind, key, version, value }: PersonalValue,
      { signal }: Abortable = {}
    ): Promise<PersonalValue> {
      const keepalive = JSON.stringify(value).length < keepaliveMax
      const path = at(paths.personalValue, { kind, key })
      const spec = { method: 'PUT' as const, path, body: { version, value }, keepalive, signal }
      return (await request<PersonalValue>(connection, spec)).data
    },

    /** Opens the event stream after a cursor, or from now on. `EventStream` reads it and reconnects. */
    openEvents(cursor: Cursor | null, signal: AbortSignal): Promise<Response> {
      const headers = {
        accept: 'text/event-stream',
        ...(cursor && { 'last-event-id': formatCursor(cursor) })
      }
      return open(connection, { path: paths.events, headers, signal })
    }
  }
}

/** Fills ids into a path template. */
function at(path: string, ids: Record<string, string>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name]!))
}
