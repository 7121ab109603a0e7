import { isolate } from './bidi.ts'

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
    unreachable: 'The server cannot be reached. This page tries again by itself.',
    expired: 'Your session has expired. Sign in again to continue where you left off.',
    github: 'Continue with GitHub',
    or: 'or',
    username: 'Username',
    usernameHint: 'On this machine you can sign in without a password. john and jane are here already.',
    signIn: 'Sign in',
    signingIn: 'Signing in…',
    none: 'No way to sign in is set up here. Whoever runs this server can add GitHub in its settings.',
    noUsername: 'Type your username first.'
  },

  missingPart: {
    title: 'This part isn’t available',
    detail: 'It couldn’t be loaded. Check your connection, then try again.',
    outdated: 'Parley was updated. Reload the page to use this part.'
  },

  failedPart: {
    title: 'Something went wrong',
    detail: 'This part of the page couldn’t be shown. Try again, or reload the page.',
    again: 'Try again',
    reload: 'Reload'
  },

  home: {
    conversations: 'Conversations',
    search: 'Find somebody by username',
    searchPlaceholder: 'Start a conversation…',
    suggestions: 'People',
    nobody: (search: string) => `Nobody’s name here starts with “${isolate(search)}”.`,
    found: (count: number) => (count === 1 ? '1 person found' : `${count} people found`),
    starting: 'Starting the conversation…',
    again: 'Try again',
    emptyTitle: 'No conversations yet',
    emptyDetail: 'Type somebody’s username above to start the first one.',
    pickTitle: 'Nothing open',
    pickDetail: 'Pick a conversation, or start a new one with somebody’s username.',
    loadMore: 'Show more conversations',
    notSent: 'Not sent',
    notSaved: 'Not saved',
    you: 'You: ',
    by: (name: string) => `${isolate(name)}: `,
    typing: 'typing…',
    mentioned: 'You are mentioned',
    newGroup: 'New group',
    unread: (count: number) => (count === 1 ? '1 unread message' : `${count} unread messages`),
    account: (name: string) => `Account of ${name}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
    signOutTitle: 'Sign out and delete unsent messages?',
    signOutDetail: (count: number) =>
      `${count === 1 ? '1 message or change hasn’t' : `${count} messages or changes haven’t`} been sent. Signing out deletes everything that this browser keeps of your account.`
  },

  conversation: {
    title: (name: string) => `Conversation with ${name}`,
    back: 'Back to conversations',
    messages: (name: string) => `Messages with ${name}`,
    older: 'Show earlier messages',
    loadingOlder: 'Loading earlier messages…',
    beginning: (name: string) => `This is the beginning of your conversation with ${isolate(name)}.`,
    unreadFrom: 'New messages',
    newest: 'Go to the newest message',
    newMessages: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
    notHere: 'These messages are not on this device yet. They come as soon as you are back.',
    missingTitle: 'This conversation is not here',
    missingDetail: 'It does not exist, or you are not part of it.',
    home: 'Back to your conversations',
    write: (name: string) => `Message ${isolate(name)}`,
    people: (count: number) => (count === 1 ? '1 person' : `${count} people`),
    groupTitle: (title: string) => `Group ${title}`,
    groupMessages: (title: string) => `Messages in ${title}`,
    groupBeginning: (title: string) => `This is the beginning of ${isolate(title)}.`,
    sinceYouCame: 'What was said before you came is not shown here.',
    goneTitle: (title: string) => `You are no longer in ${isolate(title)}`,
    goneDetail: 'You left, or somebody removed you. What was said there is not yours to see any more.',
    typing: (names: readonly string[]) => {
      const [first, second] = names.map(isolate)
      if (names.length > 2) return `${names.length} people are typing…`
      return second === undefined ? `${first} is typing…` : `${first} and ${second} are typing…`
    },
    replying: (name: string) => `Reply to ${isolate(name)}`,
    editing: 'Edit message',
    stopReplying: 'Do not reply',
    stopEditing: 'Do not edit',
    save: 'Save',
    mentions: 'People to mention',
    mentionsFound: (count: number) =>
      count === 1 ? '1 person to mention' : `${count} people to mention, choose with the arrow keys`,
    send: 'Send',
    quoteGone: 'It was deleted. Your message is sent without the quote.',
    charactersLeft: (count: number) =>
      count >= 0 ? `${count} characters left` : `${-count} characters too many`,
    notKept: 'This browser could not store your message. It is still here. Try again.'
  },

  message: {
    pending: 'Sending',
    saving: 'Saving',
    sent: 'Sent',
    failed: 'Not sent.',
    retry: 'Try again',
    edit: 'Edit',
    discard: 'Discard',
    mine: 'You',
    label: (name: string, content: string) => `${name}: ${content}`,
    edited: 'edited',
    copied: 'Text copied.',
    notCopied: 'The browser does not allow this page to copy. Select the text and copy it yourself.',
    deleted: 'This message was deleted',
    forwarded: (name: string) => `Forwarded from ${isolate(name)}`,
    somebody: 'Somebody',
    jump: (name: string) => `Go to what ${isolate(name)} said`,
    seen: 'Seen',
    seenBy: (names: readonly string[], others: number) =>
      `Seen by ${names.map(isolate).join(', ')}${others > 0 ? ` and ${others} more` : ''}`,
    reaction: (emoji: string, names: readonly string[]) =>
      `${emoji} ${names.length}: ${names.map(isolate).join(', ')}`,
    more: 'Message actions',
    arrived: (name: string, content: string) => `${name}: ${content}`
  },

  failedChange: {
    label: 'Changes that were not saved',
    edit: 'Your edit was not saved.',
    delete: 'The message was not deleted.',
    react: (emoji: string) => `${emoji} was not added.`,
    unreact: (emoji: string) => `${emoji} was not removed.`,
    overwrite: 'Save anyway',
    asMessage: 'Use as new message',
    dismiss: 'Dismiss',
    notKept: 'This browser could not store the change. Try again.'
  },

  menu: {
    label: 'Message actions',
    react: (emoji: string) => `React with ${emoji}`,
    otherEmoji: 'Another emoji…',
    reply: 'Reply',
    edit: 'Edit',
    copy: 'Copy text',
    forward: 'Forward…',
    reactions: 'Who reacted',
    versions: 'Earlier texts',
    delete: 'Delete…'
  },

  emoji: {
    title: 'React with an emoji',
    field: 'Emoji',
    hint: 'One emoji, from your keyboard’s emoji picker.',
    none: 'That is not one emoji.',
    send: 'React'
  },

  delete: {
    title: 'Delete this message?',
    detail: 'Everybody sees that it was deleted, and nobody what it said.',
    detailPending: 'It has not been sent yet.',
    detailOther: (name: string) =>
      `${isolate(name)} wrote it. Everybody sees that it was deleted, and nobody what it said.`,
    action: 'Delete'
  },

  forward: {
    title: 'Forward to…',
    search: 'Find a conversation',
    none: 'None of your conversations is called that.',
    more: 'Show more conversations'
  },

  versions: {
    title: 'Earlier texts',
    detail: 'What this message said before. Only the owner and the admins of a group see this.',
    none: 'It never said anything else.',
    until: (time: string) => `Until ${time}`
  },

  reactions: { title: 'Reactions', you: 'You', left: 'Somebody who left' },

  dialog: { cancel: 'Cancel', close: 'Close' },

  group: {
    details: 'Show who is in the group',
    panel: 'Group',
    rename: 'Rename',
    titleLabel: 'Name of the group',
    titleMissing: 'Give the group a name.',
    titleTooLong: 'This name is too long.',
    save: 'Save',
    peopleIn: (count: number) => (count === 1 ? '1 person' : `${count} people`),
    add: 'Add people',
    addAction: 'Add',
    adding: 'Adding…',
    loadMore: 'Show more people',
    you: 'you',
    roles: { owner: 'Owner', admin: 'Admin', member: '' },
    actions: (name: string) => `Actions for ${name}`,
    makeAdmin: 'Make admin',
    makeMember: 'No longer admin',
    makeOwner: 'Hand the group over…',
    remove: 'Remove…',
    removeTitle: (name: string) => `Remove ${isolate(name)}?`,
    removeDetail: 'They see nothing more of this group, also not what was said before.',
    removeAction: 'Remove',
    ownerTitle: (name: string) => `Hand the group over to ${isolate(name)}?`,
    ownerDetail: 'They become its owner, and you one of its admins. Only they can undo that.',
    ownerAction: 'Hand over',
    leave: 'Leave group',
    leaveTitle: (title: string) => `Leave ${isolate(title)}?`,
    leaveDetail: 'You see nothing more of it unless somebody adds you again.',
    leaveOwner: 'You see nothing more of it unless somebody adds you again. Somebody else becomes its owner.',
    leaveLast: 'You are the last one here: what was said is gone for everybody.',
    leaveAction: 'Leave'
  },

  newGroup: {
    title: 'New group',
    people: 'People',
    peopleHint: 'Add people by username',
    remove: (name: string) => `Remove ${name}`,
    added: (name: string) => `${name} added`,
    removed: (name: string) => `${name} removed`,
    nobody: 'Add somebody first.',
    history: 'Whoever is added later sees',
    historyAll: 'everything that was said',
    historyJoined: 'only what is said from then on',
    start: 'Start group',
    starting: 'Starting…'
  },

  notFound: {
    title: 'Nothing at this address',
    detail: 'The link may be old, or mistyped.',
    home: 'Go to your conversations'
  },

  status: {
    offline: 'You are offline. This is how things stood; what you send goes out when you are back.',
    reconnecting: 'Reconnecting… What you send goes out as soon as the server is back.',
    now: 'Try now',
    failed: 'Something went wrong, and this page may be out of date. Reload it to continue.',
    newVersion: 'A new version of Parley is ready.',
    reload: 'Reload'
  },

  presence: {
    online: 'online',
    lastSeen: (when: string) => `last seen ${when}`,
    justNow: 'just now',
    minutesAgo: (count: number) => (count === 1 ? 'a minute ago' : `${count} minutes ago`),
    hoursAgo: (count: number) => (count === 1 ? 'an hour ago' : `${count} hours ago`),
    yesterday: 'yesterday',
    on: (date: string) => `on ${date}`
  },

  days: { today: 'Today', yesterday: 'Yesterday' },
  title: (unread: number) => (unread > 0 ? `(${unread}) Parley` : 'Parley')
}
