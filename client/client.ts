import { formatCursor, type Cursor } from '@parley/contract/cursor'
import type {
  AuthUser,
  Conversation,
  Login,
  LoginMethods,
  Message,
  MessageVersion,
  Participant,
  Presence,
  Role,
  Token,
  User
} from '@parley/contract/entities'
import { paths } from '@parley/contract/paths'
import { systemClock, type Clock } from './clock.ts'
import { open, request, type Answer, type Connection } from './request.ts'

export type ClientOptions = {
  /** The server's origin, without a slash at its end; none for the page's own. */
  baseUrl?: string
  /** A session's token. Without one the client is in cookie mode until `login` gives it a token. */
  token?: string
  /** `cookie` asks for an HttpOnly cookie at login, so that no script ever holds a token. */
  session?: 'cookie' | 'token'
  fetch?: typeof globalThis.fetch
  clock?: Clock
  /** How long an answer may take, ms. */
  timeoutMs?: number
  /** Called with the server's time at each answer, ms since 1970, in whole seconds: the device's clock may be wrong. */
  onServerTime?: (serverMs: number) => void
}

type Abortable = { signal?: AbortSignal | undefined }
export type Client = ReturnType<typeof createClient>

/** A method for each of Parley's routes. All throw what `request` throws. */
export function createClient(options: ClientOptions = {}) {
  const { session = 'token' } = options
  const connection: Connection = {
    baseUrl: options.baseUrl ?? '',
    token: options.token ?? null,
    // Called unbound, as the platform's own wants it.
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

    /** Which ways to sign in this server offers. */
    async loginMethods(abortable: Abortable = {}): Promise<LoginMethods> {
      return (await get<LoginMethods>(paths.loginMethods, {}, abortable)).data
    },
    /** Signs in by the development login, and goes on as that user. */
    async login(username: string): Promise<Login> {
      const spec = { method: 'POST' as const, path: paths.login, query: mode, body: { username } }
      const { data } = await request<Login>(connection, spec)
      connection.token = data.token ?? null
      return data
    },
    /** The address at which a browser signs in with GitHub, and then returns to the path `returnTo` of the app. */
    githubAddress(returnTo?: string): string {
      const query = new URLSearchParams({ ...mode, ...(returnTo !== undefined && { return_to: returnTo }) })
      return `${connection.baseUrl}${paths.oauthGithub}?${query.toString()}`
    },
    /** Ends the session and its streams. */
    async logout(): Promise<void> {
      await post(paths.logout)
      connection.token = null
    },
    /** Returns the signed-in user and the longest message they may send. */
    async authUser({ signal }: Abortable = {}): Promise<AuthUser> {
      let max = 0
      const { data } = await request<User>(connection, {
        path: paths.authUser,
        signal,
        onHeaders: (headers) => (max = Number(headers.get('message-max-length')))
      })
      return Number.isInteger(max) && max > 0 ? { ...data, messageMaxLength: max } : data
    },
    /** A session that lives its full time again; gives its end. */
    async refreshToken(): Promise<Token> {
      const token = await post<Token>(paths.refreshToken)
      if (connection.token !== null && token.token !== undefined) connection.token = token.token
      return token
    },

    /** Up to 5 usernames that start so, without mine. */
    async usernames(search: string, abortable: Abortable = {}): Promise<string[]> {
      return (await get<string[]>(paths.usernames, { search }, abortable)).data
    },
    /** Starts a conversation with somebody, or finds the one there is. */
    startConversation(username: string): Promise<Conversation> {
      return post(paths.conversations, { username })
    },
    /** Starts a group of mine; `history` is what those who are added later see: all, unless it is given. */
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
    /** Who is in a conversation, in the order in which they came, a page at a time; `after` is the last one's id. */
    participants(
      conversationId: string,
      options: { after?: string | undefined } & Abortable = {}
    ): Promise<Answer<Participant[]>> {
      return get(at(paths.participants, { conversationId }), { after: options.after }, options)
    },
    /** Adds somebody to a group, or finds them there. */
    addParticipant(
      conversationId: string,
      participant: { username: string; role?: 'admin' | 'member' }
    ): Promise<Participant> {
      return post(at(paths.participants, { conversationId }), participant)
    },
    changeRole(conversationId: string, userId: string, role: Role): Promise<Participant> {
      return patch(at(paths.participant, { conversationId, userId }), { role })
    },
    /** Removes somebody from a group; with my own id I leave. */
    async removeParticipant(conversationId: string, userId: string): Promise<void> {
      await remove(at(paths.participant, { conversationId, userId }))
    },
    /** Mine, newest message first, a page at a time; `before` is the last one's id. */
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

    /** Newest first, a page at a time; without `before` and `peek` it marks them read. */
    messages(
      conversationId: string,
      options: { before?: string | undefined; peek?: boolean } & Abortable = {}
    ): Promise<Answer<Message[]>> {
      const query = { before: options.before, peek: options.peek ? '1' : undefined }
      return get(at(paths.messages, { conversationId }), query, options)
    },
    /** Sends, perhaps in answer to a message, once for every `clientId` (a UUID), however often it is tried. */
    sendMessage(
      conversationId: string,
      message: { content: string; replyTo?: string; clientId?: string },
      abortable: Abortable = {}
    ): Promise<Message> {
      return post(at(paths.messages, { conversationId }), message, abortable)
    },
    /** Sends a message of any conversation of mine on to another one, once for every `clientId`. */
    forwardMessage(
      conversationId: string,
      message: { forwardOf: string; clientId?: string },
      abortable: Abortable = {}
    ): Promise<Message> {
      return post(at(paths.messages, { conversationId }), message, abortable)
    },
    /** Says something else in a message of mine; `version` is the one that was edited. */
    editMessage(
      conversationId: string,
      messageId: string,
      edit: { content: string; version?: number },
      abortable: Abortable = {}
    ): Promise<Message> {
      return patch(at(paths.message, { conversationId, messageId }), edit, abortable)
    },
    /** Deletes a message: mine, or, as an owner or admin of its group, anybody's. */
    async deleteMessage(conversationId: string, messageId: string, abortable: Abortable = {}): Promise<void> {
      await remove(at(paths.message, { conversationId, messageId }), undefined, abortable)
    },
    /** Puts an emoji of mine on a message; again it changes nothing. */
    async addReaction(
      conversationId: string,
      messageId: string,
      emoji: string,
      abortable: Abortable = {}
    ): Promise<void> {
      await put(at(paths.reaction, { conversationId, messageId, emoji }), undefined, abortable)
    },
    /** Takes my emoji off a message. */
    async removeReaction(
      conversationId: string,
      messageId: string,
      emoji: string,
      abortable: Abortable = {}
    ): Promise<void> {
      await remove(at(paths.reaction, { conversationId, messageId, emoji }), undefined, abortable)
    },
    /** What a message said before, oldest first: for owners and admins of its group. */
    async messageVersions(
      conversationId: string,
      messageId: string,
      abortable: Abortable = {}
    ): Promise<MessageVersion[]> {
      const path = at(paths.messageVersions, { conversationId, messageId })
      return (await get<MessageVersion[]>(path, {}, abortable)).data
    },
    /** Marks read, up to a message's id or to the newest. */
    async readMessages(conversationId: string, upTo?: string, abortable: Abortable = {}): Promise<void> {
      await post(at(paths.readMessages, { conversationId }), upTo && { upTo }, abortable)
    },
    /** Says once that I am writing; `Awareness` says it as often as it is to be said. */
    async sendTyping(conversationId: string, abortable: Abortable = {}): Promise<void> {
      await post(at(paths.typing, { conversationId }), undefined, abortable)
    },
    /** Of everybody whom I share a conversation of up to `signalsMax` people with: whether they are here. */
    async presence(abortable: Abortable = {}): Promise<Presence[]> {
      return (await get<Presence[]>(paths.presence, {}, abortable)).data
    },

    /** The event stream after a cursor, or from now on; `EventStream` reads it and opens it again. */
    openEvents(cursor: Cursor | null, signal: AbortSignal): Promise<Response> {
      const headers = {
        accept: 'text/event-stream',
        ...(cursor && { 'last-event-id': formatCursor(cursor) })
      }
      return open(connection, { path: paths.events, headers, signal })
    }
  }
}

/** An address with its ids in their places. */
function at(path: string, ids: Record<string, string>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name]!))
}
