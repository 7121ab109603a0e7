import { once } from 'node:events'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** One request as it goes over the socket; the recording adds `Host`, and for `json` its type and length. */
export type WireRequest = {
  /** Method and target: `GET /livez`. */
  line: string
  /** Another `Host` than the target's; null sends none. */
  host?: string | null
  /** Each as `Name: value`. */
  headers?: string[]
  json?: unknown
  /** Sent unchanged; the caller sets its headers. */
  body?: string
}

/** A response, decoded only as far as the next request needs. */
export type WireAnswer = { head: string; body: string }

/** An open event stream; its bytes enter the recording when it is closed. */
export type WireStream = {
  /** Resolves once `times` whole blocks contain `text`; rejects when the stream ends before. */
  until(text: string, times?: number): Promise<void>
  /** Resolves when the server has ended it. */
  closed(): Promise<void>
  /** Ends it from here. */
  close(): Promise<void>
}

/**
 * Records each byte of a server's answers, over TCP sockets. `>` marks what was sent, `<` a line of the head, which ended
 * with CRLF, and `|` a line of the body, which ended with LF; other carriage returns and line feeds are escaped. Secrets are
 * masked by value: the same token has the same name everywhere.
 */
export class WireRecording {
  /** The URL of requests, and their `Host`. */
  target = { url: '', host: '' }
  readonly #exchanges: string[] = []
  readonly #masks = new Map<string, string>()

  /** All exchanges, masked: their dates and cookies too. */
  get text(): string {
    let text = `${this.#exchanges.join('\n\n')}\n`
      .replace(/^(< date: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/gim, '$1<date>')
      .replace(/^(< set-cookie: [^=]+=)[^;]+;/gim, '$1<cookie>;')
    for (const [value, name] of this.#masks) text = text.replaceAll(value, name)
    return text
  }

  /** Writes `<name>` wherever `value` appears, before and after. Returns `value`. */
  mask(value: string | undefined, name: string): string {
    if (!value) throw new Error(`there is no ${name} to mask`)
    this.#masks.set(value, `<${name}>`)
    return value
  }

  /** Sends a request, half-closes the connection, and records all that arrives until the server closes it too. */
  async ask(title: string, request: WireRequest): Promise<WireAnswer> {
    const connection = await this.#send(request)
    await connection.until(isComplete(request.line.startsWith('HEAD ')))
    // The server closes an idle connection in turn, after any byte that Content-Length does not count.
    connection.socket.end()
    await connection.closed
    const [head, body] = split(connection.bytes())
    return this.#add(title, request, head, body)
  }

  /** Opens an event stream. */
  async open(title: string, request: WireRequest): Promise<WireStream> {
    const connection = await this.#send(request)
    const keep = () => {
      const [head, body] = split(connection.bytes())
      this.#add(title, request, head, body)
    }
    return {
      until: (text, times = 1) => connection.until((bytes) => hasBlocks(bytes.toString(), text, times)),
      async closed() {
        await connection.closed
        keep()
      },
      async close() {
        connection.socket.destroy()
        await connection.closed
        keep()
      }
    }
  }

  async #send({ line, host = this.target.host, headers = [], json, body = '' }: WireRequest) {
    const { hostname, port } = new URL(this.target.url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true })
    const chunks: Buffer[] = []
    // A reset after the answer counts as its end.
    socket.on('error', () => {})
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => socket.end())
    await once(socket, 'connect')
    const content = json === undefined ? body : JSON.stringify(json)
    const lines = [
      `${line} HTTP/1.1`,
      ...(host === null ? [] : [`Host: ${host}`]),
      ...headers,
      ...(json === undefined
        ? []
        : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`])
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${content}`)
    const bytes = () => Buffer.concat(chunks)
    async function until(done: (bytes: Buffer) => boolean): Promise<void> {
      while (!done(bytes())) {
        const ended = await Promise.race([once(socket, 'data').then(() => false), closed.then(() => true)])
        if (ended && !done(bytes()))
          throw new Error(`${line}: the connection closed after\n${bytes().toString()}`)
      }
    }
    return { socket, closed, bytes, until }
  }

  #add(title: string, request: WireRequest, head: string, content: Buffer): WireAnswer {
    const zipped = /^content-encoding: gzip\r$/im.test(head)
    const body = (zipped ? gunzipSync(content) : content).toString()
    const { line, host, headers = [] } = request
    const sent = [line, ...(host === undefined ? [] : [`Host: ${host ?? 'none'}`]), ...headers]
    if (request.json !== undefined) sent.push(JSON.stringify(request.json))
    if (request.body) sent.push(request.body)
    const heads = head.split('\r\n').map((line) => shown('<', line))
    const bodies = body === '' ? [] : body.split('\n').map((line) => shown('|', line))
    const asked = sent.map((line) => shown('>', shortened(line)))
    // The compression ratio of zlib is not part of the protocol.
    if (zipped) heads.forEach((line, i) => (heads[i] = line.replace(/(content-length: )\d+/i, '$1<gzip>')))
    this.#exchanges.push([`# ${title}`, ...asked, ...heads, ...bodies].join('\n'))
    return { head, body }
  }
}

/** Returns the value of a header, by its name in any case. */
export function headerOf({ head }: WireAnswer, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\\r?$`, 'im').exec(head)?.[1]?.trimEnd()
}

function split(bytes: Buffer): [string, Buffer] {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`no head of an answer: ${bytes.toString()}`)
  // The empty line after the headers is recorded as well.
  return [bytes.toString('latin1', 0, end + 2), bytes.subarray(end + 4)]
}

/** Returns a predicate for a complete answer: by Content-Length, last chunk, or the end of the connection. */
function isComplete(headOnly: boolean): (bytes: Buffer) => boolean {
  return (bytes) => {
    if (!bytes.includes('\r\n\r\n')) return false
    const [head, body] = split(bytes)
    if (headOnly || /^HTTP\/1\.1 (204|304) /.test(head)) return true
    if (/^transfer-encoding: chunked\r$/im.test(head)) return body.toString('latin1').endsWith('0\r\n\r\n')
    return body.length >= Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? Infinity)
  }
}

/** Returns whether a stream has `times` blocks with `text`, the last one complete. */
function hasBlocks(stream: string, text: string, times: number): boolean {
  return stream.split(text).length > times && stream.endsWith('\n\n')
}

function shown(mark: string, line: string): string {
  const escaped = line.replaceAll('\r', '\\r').replaceAll('\n', '\\n')
  return escaped === '' ? mark : `${mark} ${escaped}`
}

/** Shortens a repeated character, which would add nothing to the recording. */
function shortened(line: string): string {
  return line.replace(/(.)\1{99,}/gu, (run, each) => `${each}…×${run.length}`)
}
