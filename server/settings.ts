/**
 * All settings, in the order of `docs/SETTINGS.md` and `parley --help`, which are generated from this list. They are read from the
 * environment only.
 */
export const settings = [
  { name: 'PORT', default: '3000', meaning: 'The port to listen on; 0 takes any free one' },
  {
    name: 'HOST',
    default: 'localhost, else 0.0.0.0',
    meaning:
      'The address to listen on; 0.0.0.0 is every IPv4 address, :: every address. With the development login only a ' +
      'loopback address is taken'
  },
  {
    name: 'ORIGIN',
    default: 'http://localhost:<PORT>',
    meaning:
      'The address people open in their browser. On localhost the development login is on; with https:// the cookies ' +
      'are Secure'
  },
  {
    name: 'DATA_DIR',
    default: './data',
    meaning: 'The folder that holds everything; made when it is missing'
  },
  {
    name: 'DATABASE_URL',
    default: 'sqlite:<DATA_DIR>/parley.db',
    meaning:
      'Where everything is kept: a SQLite file, as sqlite:PATH or file:PATH, or a database on Postgres 15 or newer, as ' +
      'postgres://USER:PASSWORD@HOST:PORT/DATABASE'
  },
  {
    name: 'NATS_URL',
    default: 'none',
    meaning:
      'Makes this one node of several on one Postgres: nats://name:password@host:4222, or tls://…; commas between ' +
      'servers of one cluster. Without it, this must be the only node'
  },
  {
    name: 'NODE_ENV',
    default: 'none',
    meaning: 'production turns the development login off, also on localhost'
  },
  {
    name: 'GITHUB_CLIENT_ID',
    default: 'none',
    meaning: "The client id of a GitHub OAuth app; with its secret it turns GitHub's sign-in on"
  },
  { name: 'GITHUB_CLIENT_SECRET', default: 'none', meaning: 'The client secret of the same app' },
  {
    name: 'PARLEY_GITHUB_ALLOW',
    default: 'none',
    meaning:
      'Who may get a new account by signing in with GitHub: user names and org:NAME, with commas between, or * for ' +
      'everyone. Without it, only people who have an account can sign in. Members of an organisation are asked for ' +
      'the scope read:org, and the organisation must approve the OAuth app'
  },
  {
    name: 'PARLEY_GITHUB_URL',
    default: 'https://github.com',
    meaning: 'Where people sign in to GitHub; another one for GitHub Enterprise Server'
  },
  { name: 'PARLEY_GITHUB_API_URL', default: 'https://api.github.com', meaning: "GitHub's API" },
  {
    name: 'PARLEY_MESSAGE_MAX_LENGTH',
    default: '4000',
    meaning: 'Characters (code points) in a message at most, 1 to 60000'
  },
  {
    name: 'PARLEY_LOG_LEVEL',
    default: 'info',
    meaning: 'silent, fatal, error, warn, info, debug (adds one line a request) or trace'
  },
  {
    name: 'PARLEY_METRICS_PORT',
    default: 'none',
    meaning:
      'A port of its own for /metrics, in the text format of Prometheus; without it there are no metrics'
  },
  {
    name: 'PARLEY_METRICS_HOST',
    default: 'localhost',
    meaning:
      'The address that port listens on. Anyone who reaches it can read the metrics: there is no password'
  },
  {
    name: 'PARLEY_RATE_LIMITS',
    default: 'on',
    meaning: 'off lets everyone ask as often as they like: for benchmarks and tests'
  },
  {
    name: 'PARLEY_TRUSTED_PROXIES',
    default: 'none',
    meaning:
      'Addresses and CIDR blocks of your proxies, with commas between them: 127.0.0.1,::1,10.0.0.0/8. Only their ' +
      'X-Forwarded-For is believed. Behind a proxy that is not listed, everyone shares the limits of one address'
  },
  {
    name: 'PARLEY_SYNC_INTERVAL_SECONDS',
    default: '10',
    meaning: 'A quiet event stream says that it is alive this often, 15 at most'
  },
  {
    name: 'PARLEY_STREAM_MAX_LIFE_MINUTES',
    default: '60',
    meaning: 'An event stream is ended after half of this to all of this, and its client comes back'
  },
  { name: 'PARLEY_STREAMS_PER_USER', default: '1000', meaning: 'Event streams that one user may hold open' },
  {
    name: 'PARLEY_SESSIONS_PER_USER',
    default: '100',
    meaning: 'Sessions that one user may hold; a further sign-in ends the least recently used one'
  },
  {
    name: 'PARLEY_DRAIN_SECONDS',
    default: '10',
    meaning: 'How long a stop may take; streams end spread over the first half of it'
  },
  {
    name: 'PARLEY_EVENTS_KEEP_DAYS',
    default: '30',
    meaning: "Events younger than this stay in a user's log, so that a device can resume"
  },
  {
    name: 'PARLEY_EVENTS_KEEP_COUNT',
    default: '10000',
    meaning: "And the newest so many of each user's events, however old"
  }
] as const satisfies readonly { name: string; default: string; meaning: string }[]

export type SettingName = (typeof settings)[number]['name']

/** The table of `docs/SETTINGS.md`. */
export function settingsAsMarkdown(): string {
  const rows = settings.map(
    ({ name, default: value, meaning }) => `| \`${name}\` | \`${value}\` | ${meaning} |`
  )
  return ['| name | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

/** The list of `parley --help`. */
export function settingsAsText(): string {
  return settings
    .map(({ name, default: value, meaning }) => `  ${name} (${value})\n      ${meaning}`)
    .join('\n')
}
