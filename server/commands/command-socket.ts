import { chmodSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import {
  accountCommands,
  type AccountCommandInput,
  type AccountCommandName,
  type AccountCommandResult
} from '../accounts/accounts.ts'

/** What a command asks of the server that has the database open; one line of JSON. */
type Question = { database: string; command: string; input: unknown }
type Answer = { result: unknown } | { error: string }

export type CommandSocket = { close(): Promise<void> }

/** The longest path that every system takes: `sun_path` has 104 bytes on macOS and 108 on Linux, with a NUL. */
const pathMaxBytes = 103
/** Characters of a question or an answer; a page of a list has some 100,000. */
const lineMax = 4_000_000
const connectionsMax = 16
/** How long a question may take to come. */
const questionMs = 10_000
/** How long a command waits for its answer. */
const answerMs = 60_000

class EndedLine extends Error {}

/** Where the server of a data folder answers commands. */
export function commandSocketPath(dataDir: string): string {
  return join(dataDir, 'parley.sock')
}

/** Why there can be no socket at `path`; null where there can. */
export function whyNoSocket(path: string): string | null {
  if (process.platform === 'win32') return 'this system has no sockets in folders'
  const bytes = Buffer.byteLength(path)
  if (bytes <= pathMaxBytes) return null
  return `the path ${path} has ${bytes} bytes, and a socket's has ${pathMaxBytes} at most; choose a shorter DATA_DIR`
}

/**
 * Answers the commands of this machine's administrator at `path` (0600), with `run`. The caller holds the lock of the
 * database: a socket there that does not answer was left behind by a killed server. Throws when another server answers
 * there, or when there can be no socket.
 */
export async function listenForCommands(
  path: string,
  database: string,
  run: (command: AccountCommandName, input: never) => Promise<unknown>
): Promise<CommandSocket> {
  const impossible = whyNoSocket(path)
  if (impossible !== null) throw new Error(impossible)
  const open = new Set<Socket>()
  /** Of those that have asked: their answer is on its way. */
  const answering = new Map<Socket, Promise<void>>()
  // A client that has asked may close its side.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(questionMs, () => socket.destroy())
    answer(socket).catch(() => socket.destroy())
  })
  server.maxConnections = connectionsMax

  async function answer(socket: Socket): Promise<void> {
    const question = JSON.parse(await readLine(socket)) as Question
    const answered = give(socket, question).finally(() => answering.delete(socket))
    answering.set(socket, answered)
    await answered
  }

  async function give(socket: Socket, question: Question): Promise<void> {
    socket.setTimeout(answerMs)
    const found = await answerTo(question).catch((error: unknown): Answer => ({
      error: error instanceof Error ? error.message : String(error)
    }))
    await new Promise<void>((resolve) => socket.end(`${JSON.stringify(found)}\n`, resolve))
  }

  async function answerTo({ database: asked, command, input }: Question): Promise<Answer> {
    if (asked !== database) {
      throw new Error(`Parley answers at ${path} for ${database}, and not for ${asked}; check DATABASE_URL`)
    }
    if (!Object.hasOwn(accountCommands, command)) {
      throw new Error(`the Parley that runs does not know the command ${command}; it is another version`)
    }
    return { result: await run(command as AccountCommandName, input as never) }
  }

  if (await isAnswered(path)) throw new Error(`another Parley answers at ${path}; give each its own DATA_DIR`)
  removeStale(path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // The socket is made in this call: at no moment may others connect.
    const umask = process.umask(0o177)
    server.listen(path, resolve)
    process.umask(umask)
  })
  chmodSync(path, 0o600)
  return {
    /** Takes no more commands, waits for those that run, and removes the socket. */
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) if (!answering.has(socket)) socket.destroy()
      await Promise.all(answering.values())
      for (const socket of open) socket.destroy()
      await closed
    }
  }
}

/**
 * Has the server at `path` run a command; null where no server answers. Throws what the server refused, in a line.
 */
export async function askServer<Name extends AccountCommandName>(
  path: string,
  database: string,
  command: Name,
  input: AccountCommandInput<Name>
): Promise<{ result: AccountCommandResult<Name> } | null> {
  const socket = await openSocket(path)
  if (!socket) return null
  try {
    socket.setTimeout(answerMs, () => socket.destroy(new Error('the Parley that runs does not answer')))
    socket.write(`${JSON.stringify({ database, command, input } satisfies Question)}\n`)
    const line = await readLine(socket).catch((error: NodeJS.ErrnoException) => {
      const words =
        'the Parley that runs ended the connection before it answered; it is stopping or busy: try again'
      throw error.code === 'EPIPE' || error.code === 'ECONNRESET' || error instanceof EndedLine
        ? new Error(words, { cause: error })
        : error
    })
    const answer = JSON.parse(line) as Answer
    if ('error' in answer) throw new Error(answer.error)
    return answer as { result: AccountCommandResult<Name> }
  } finally {
    socket.destroy()
  }
}

function openSocket(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTSOCK') resolve(null)
      else reject(error)
    })
  })
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = await openSocket(path)
  socket?.destroy()
  return socket !== null
}

function removeStale(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function readLine(socket: Socket): Promise<string> {
  socket.setEncoding('utf8')
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const end = text.indexOf('\n')
    if (end !== -1) return text.slice(0, end)
    if (text.length > lineMax) break
  }
  throw new EndedLine('the other side ended in the middle of a line')
}
