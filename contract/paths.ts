/** Every address under `/api`, with `:name` where an id goes. */
export const paths = {
  login: '/api/login',
  loginMethods: '/api/login_methods',
  logout: '/api/logout',
  oauthGithub: '/api/oauth/github',
  oauthGithubCallback: '/api/oauth/github/callback',
  authUser: '/api/auth_user',
  refreshToken: '/api/refresh_token',
  usernames: '/api/usernames',
  conversations: '/api/conversations',
  conversation: '/api/conversations/:conversationId',
  otherParticipant: '/api/conversations/:conversationId/other_participant',
  participants: '/api/conversations/:conversationId/participants',
  participant: '/api/conversations/:conversationId/participants/:userId',
  messages: '/api/conversations/:conversationId/messages',
  message: '/api/conversations/:conversationId/messages/:messageId',
  messageVersions: '/api/conversations/:conversationId/messages/:messageId/versions',
  reaction: '/api/conversations/:conversationId/messages/:messageId/reactions/:emoji',
  readMessages: '/api/conversations/:conversationId/read_messages',
  events: '/api/messages',
  openapi: '/api/openapi.json'
} as const
