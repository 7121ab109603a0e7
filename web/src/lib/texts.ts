import { isolate } from './bidi.ts'

/** Every sentence of the app, in one place, so that another language is another one of these. */
export const texts = {
  appName: 'Parley',
  tagline: 'Talk with your people, on a server of your own.',
  loading: 'Loading',
  loadingPart: 'Loading…',

  unreachable: {
    title: 'Parley can’t be reached',
    detail: 'Your network or the server may be down. Parley retries automatically.',
    again: 'Try again now'
  },

  access: {
    unreachable: 'The server can’t be reached. Parley retries automatically.',
    expired: 'Your session has expired. Sign in again to continue where you left off.',
    github: 'Continue with GitHub',
    or: 'or',
    username: 'Username',
    usernameHint: 'On this computer you can sign in without a password. Try john or jane.',
    signIn: 'Sign in',
    signingIn: 'Signing in…',
    none: 'Sign-in isn’t set up on this server. Its administrator can add GitHub in the settings.',
    noUsername: 'Enter your username.'
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
    search: 'Find people by username',
    searchPlaceholder: 'Start a conversation…',
    suggestions: 'People',
    nobody: (search: string) => `No one found for “${isolate(search)}”`,
    found: (count: number) => (count === 1 ? '1 person found' : `${count} people found`),
    starting: 'Starting the conversation…',
    again: 'Try again',
    emptyTitle: 'No conversations yet',
    emptyDetail: 'Enter a username above to start one.',
    pickTitle: 'No conversation selected',
    pickDetail: 'Select a conversation, or enter a username to start a new one.',
    loadMore: 'Show more conversations',
    notSent: 'Not sent',
    notSaved: 'Not saved',
    unavailable: 'Conversation not in your list',
    draft: 'Draft: ',
    you: 'You: ',
    by: (name: string) => `${isolate(name)}: `,
    typing: 'typing…',
    mentioned: 'You were mentioned',
    newGroup: 'New group',
    unread: (count: number) => (count === 1 ? '1 unread message' : `${count} unread messages`),
    account: (name: string) => `Account of ${name}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
    signOutTitle: 'Sign out and delete unsent messages?',
    signOutDetail: (count: number) =>
      `${count === 1 ? '1 message or change hasn’t' : `${count} messages or changes haven’t`} been sent. Signing out deletes them and all your data in this browser.`
  },

  conversation: {
    title: (name: string) => `Conversation with ${name}`,
    back: 'Back to conversations',
    messages: (name: string) => `Messages with ${name}`,
    older: 'Show earlier messages',
    loadingOlder: 'Loading earlier messages…',
    beginning: (name: string) => `This is the beginning of your conversation with ${isolate(name)}.`,
    unreadFrom: 'New messages',
    newest: 'Go to the latest message',
    newMessages: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
    notHere: 'Messages will load when you’re back online.',
    missingTitle: 'Conversation not found',
    missingDetail: 'It doesn’t exist, or you aren’t a member.',
    home: 'Back to your conversations',
    write: (name: string) => `Message ${isolate(name)}`,
    people: (count: number) => (count === 1 ? '1 member' : `${count} members`),
    groupTitle: (title: string) => `Group ${title}`,
    groupMessages: (title: string) => `Messages in ${title}`,
    groupBeginning: (title: string) => `This is the beginning of ${isolate(title)}.`,
    sinceYouCame: 'You can’t see messages sent before you joined.',
    goneTitle: (title: string) => `You’re no longer a member of ${isolate(title)}`,
    goneDetail: 'You left or were removed. You can’t see its messages any more.',
    typing: (names: readonly string[]) => {
      const [first, second] = names.map(isolate)
      if (names.length > 2) return `${names.length} people are typing…`
      return second === undefined ? `${first} is typing…` : `${first} and ${second} are typing…`
    },
    replying: (name: string) => `Reply to ${isolate(name)}`,
    editing: 'Edit message',
    stopReplying: 'Cancel reply',
    stopEditing: 'Cancel edit',
    save: 'Save',
    mentions: 'People to mention',
    mentionsFound: (count: number) =>
      count === 1 ? '1 member to mention' : `${count} members to mention, choose with the arrow keys`,
    send: 'Send',
    otherDraft: 'You also have a draft from another device',
    otherDraftWithoutText: 'A reply without text',
    takeDraft: 'Use it',
    discardDraft: 'Discard the other draft',
    quoteGone: 'The original message was deleted. Yours will be sent without the quote.',
    charactersLeft: (count: number) =>
      `${Math.abs(count)} ${Math.abs(count) === 1 ? 'character' : 'characters'} ${count >= 0 ? 'left' : 'too many'}`,
    notKept: 'Your browser couldn’t save this message. Your text is still here. Try again.'
  },

  unsent: {
    label: 'Unsent messages and changes',
    detail: 'These are stored in this browser only.'
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
    notCopied: 'Your browser doesn’t allow copying here. Select the text and copy it.',
    notCopiedByTouch:
      'Your browser doesn’t allow copying here. Allow it in the site’s settings, then try again.',
    deleted: 'This message was deleted',
    forwarded: (name: string) => `Forwarded from ${isolate(name)}`,
    somebody: 'Someone',
    jump: (name: string) => `Go to the message from ${isolate(name)}`,
    seen: 'Seen',
    seenBy: (names: readonly string[], others: number) =>
      `Seen by ${names.map(isolate).join(', ')}${others > 0 ? ` and ${others} more` : ''}`,
    reaction: (emoji: string, names: readonly string[]) =>
      `${emoji} ${names.length}: ${names.map(isolate).join(', ')}`,
    more: 'Message actions',
    arrived: (name: string, content: string) => `${name}: ${content}`
  },

  failedChange: {
    label: 'Unsaved changes',
    edit: 'Your edit wasn’t saved.',
    delete: 'The message wasn’t deleted.',
    react: (emoji: string) => `${emoji} wasn’t added.`,
    unreact: (emoji: string) => `${emoji} wasn’t removed.`,
    overwrite: 'Save anyway',
    asMessage: 'Use as new message',
    dismiss: 'Dismiss',
    notKept: 'Your browser couldn’t save this change. Try again.'
  },

  menu: {
    label: 'Message actions',
    react: (emoji: string) => `React with ${emoji}`,
    otherEmoji: 'More emoji…',
    reply: 'Reply',
    edit: 'Edit',
    copy: 'Copy text',
    forward: 'Forward…',
    reactions: 'Reactions',
    versions: 'Edit history',
    delete: 'Delete…'
  },

  emoji: {
    title: 'React with an emoji',
    field: 'Emoji',
    hint: 'Enter one emoji from your keyboard’s emoji picker.',
    none: 'Enter exactly one emoji.',
    send: 'React'
  },

  delete: {
    title: 'Delete this message?',
    detail: 'Everyone will see that a message was deleted, but not what it said.',
    detailPending: 'It hasn’t been sent yet.',
    detailOther: (name: string) =>
      `${isolate(name)} wrote this message. Everyone will see that a message was deleted, but not what it said.`,
    action: 'Delete'
  },

  forward: {
    title: 'Forward to…',
    search: 'Find a conversation',
    none: 'No conversations found',
    more: 'Show more conversations'
  },

  versions: {
    title: 'Edit history',
    detail: 'Earlier versions of this message. Only the group’s owner and admins can see them.',
    none: 'No earlier versions',
    until: (time: string) => `Until ${time}`
  },

  reactions: { title: 'Reactions', you: 'You', left: 'Former member' },

  dialog: { cancel: 'Cancel', close: 'Close' },

  group: {
    details: 'Group details',
    panel: 'Group',
    rename: 'Rename',
    titleLabel: 'Group name',
    titleMissing: 'Enter a group name.',
    titleTooLong: 'This name is too long.',
    save: 'Save',
    peopleIn: (count: number) => (count === 1 ? '1 member' : `${count} members`),
    add: 'Add members',
    addAction: 'Add',
    adding: 'Adding…',
    loadMore: 'Show more members',
    you: 'you',
    roles: { owner: 'Owner', admin: 'Admin', member: '' },
    actions: (name: string) => `Actions for ${name}`,
    makeAdmin: 'Make admin',
    makeMember: 'Remove as admin',
    makeOwner: 'Transfer ownership…',
    remove: 'Remove…',
    removeTitle: (name: string) => `Remove ${isolate(name)}?`,
    removeDetail: 'They won’t see this group or its messages any more.',
    removeAction: 'Remove',
    ownerTitle: (name: string) => `Transfer ownership to ${isolate(name)}?`,
    ownerDetail: 'They become the owner and you become an admin. Only they can undo this.',
    ownerAction: 'Transfer',
    leave: 'Leave group',
    leaveTitle: (title: string) => `Leave ${isolate(title)}?`,
    leaveDetail: 'You won’t see its messages unless you’re added again.',
    leaveOwner: 'You won’t see its messages unless you’re added again. Another member becomes the owner.',
    leaveLast: 'You’re the last member. No one will be able to see its messages any more.',
    leaveAction: 'Leave'
  },

  newGroup: {
    title: 'New group',
    people: 'People',
    peopleHint: 'Add people by username',
    remove: (name: string) => `Remove ${name}`,
    added: (name: string) => `${name} added`,
    removed: (name: string) => `${name} removed`,
    nobody: 'Add at least one person.',
    history: 'New members can see',
    historyAll: 'all messages',
    historyJoined: 'only messages sent after they join',
    start: 'Start group',
    starting: 'Starting…'
  },

  notFound: {
    title: 'Page not found',
    detail: 'The link may be outdated or mistyped.',
    home: 'Go to your conversations'
  },

  status: {
    offline: 'You’re offline. Messages will be sent when you reconnect.',
    reconnecting: 'Reconnecting… Messages will be sent when the server is back.',
    now: 'Try now',
    failed: 'Something went wrong. Reload the page to continue.',
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
