/** Every sentence of the app, in one place, so that another language is another one of these. */
export const texts = {
  appName: 'Parley',
  tagline: 'Talk with your people, on a server of your own.',
  loading: 'Loading',

  unreachable: {
    title: 'Parley cannot be reached',
    detail: 'Your network or the server may be down. This page tries again by itself.',
    again: 'Try again now'
  },

  access: {
    github: 'Continue with GitHub',
    or: 'or',
    username: 'Username',
    usernameHint: 'On this machine you can sign in without a password. john and jane are here already.',
    signIn: 'Sign in',
    signingIn: 'Signing in…',
    none: 'No way to sign in is set up here. Whoever runs this server can add GitHub in its settings.',
    noUsername: 'Type your username first.'
  },

  home: {
    conversations: 'Conversations',
    search: 'Find somebody by username',
    searchPlaceholder: 'Start a conversation…',
    suggestions: 'People',
    nobody: (search: string) => `Nobody’s name here starts with “${search}”.`,
    found: (count: number) => (count === 1 ? '1 person found' : `${count} people found`),
    starting: 'Starting the conversation…',
    emptyTitle: 'No conversations yet',
    emptyDetail: 'Type somebody’s username above to start the first one.',
    pickTitle: 'Nothing open',
    pickDetail: 'Pick a conversation, or start a new one with somebody’s username.',
    loadMore: 'Show more conversations',
    you: 'You: ',
    unread: (count: number) => (count === 1 ? '1 unread message' : `${count} unread messages`),
    account: (name: string) => `Account of ${name}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out'
  },

  conversation: {
    title: (name: string) => `Conversation with ${name}`,
    back: 'Back to conversations',
    messages: (name: string) => `Messages with ${name}`,
    older: 'Show earlier messages',
    loadingOlder: 'Loading earlier messages…',
    beginning: (name: string) => `This is the beginning of your conversation with ${name}.`,
    unreadFrom: 'New messages',
    newest: 'Go to the newest message',
    newMessages: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
    missingTitle: 'This conversation is not here',
    missingDetail: 'It does not exist, or you are not part of it.',
    home: 'Back to your conversations',
    write: (name: string) => `Message ${name}`,
    send: 'Send',
    charactersLeft: (count: number) =>
      count >= 0 ? `${count} characters left` : `${-count} characters too many`,
    notKept: 'Your message could not be put aside for sending. It is still here; try again.'
  },

  message: {
    pending: 'Sending',
    sent: 'Sent',
    failed: 'Not sent.',
    retry: 'Try again',
    edit: 'Edit',
    discard: 'Discard',
    mine: 'You',
    arrived: (name: string, content: string) => `${name}: ${content}`
  },

  notFound: {
    title: 'Nothing at this address',
    detail: 'The link may be old, or mistyped.',
    home: 'Go to your conversations'
  },

  status: {
    offline: 'You are offline. What you send goes out as soon as you are back.',
    reconnecting: 'Reconnecting… What you send goes out as soon as the server is back.',
    now: 'Try now'
  },

  days: { today: 'Today', yesterday: 'Yesterday' },
  title: (unread: number) => (unread > 0 ? `(${unread}) Parley` : 'Parley')
}
