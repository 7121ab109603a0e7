import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A client's TCP connection that writes and reads only on command. */
export class RawConnection {
  readonly socket: Socket
  /** Everything received so far. */
  text = ''
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  send(text: string): void {
    this.socket.write(text)
  }

  read(): this {
    this.socket.on('data', (text: string) => (this.text += text))
    return this
  }

  /** Resolves once the received text satisfies `done`; rejects if the connection closes first. */
  async until(done: (text: string) => boolean): Promise<void> {
    while (!done(this.text)) {
      const ended = await Promise.race([
        once(this.socket, 'data').then(() => false),
        this.closed.then(() => true)
      ])
      if (ended && !done(this.text)) throw new Error(`the connection closed after ${this.text}`)
    }
  }

  /** The status codes received so far, in order. */
  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  }
}
