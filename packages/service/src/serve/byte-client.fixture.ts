/** A client that sends bytes, whether they are HTTP or not. */
import { connect, type Socket } from 'node:net'

/** An answer as its bytes say; null = the connection was closed without one. */
export type HttpAnswer = { readonly status: number; readonly body: string } | null

/** A client that speaks bytes. A closed connection is opened again with the next request. */
export function createByteClient(port: number) {
  let socket: Socket | null = null
  let received = ''
  let wake: () => void = () => undefined
  const open = () => {
    received = ''
    const own = connect({ port, host: '127.0.0.1' })
    own.on('data', (bytes) => {
      received += bytes.toString('latin1')
      wake()
    })
    own.on('error', () => undefined)
    own.on('close', () => {
      if (socket === own) socket = null
      wake()
    })
    return own
  }
  async function next(own: Socket): Promise<HttpAnswer> {
    for (;;) {
      const answer = wholeAnswerIn(received)
      if (answer !== null) {
        received = received.slice(answer.length)
        if (/^connection: close/im.test(answer.head)) {
          own.destroy()
          socket = null
        }
        return { status: answer.status, body: Buffer.from(answer.body, 'latin1').toString('utf8') }
      }
      if (socket !== own) return null
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  /** @returns the answers to so many requests, each when it is whole or the connection is closed */
  async function send(bytes: string | Buffer, requests: number): Promise<HttpAnswer[]> {
    socket ??= open()
    const own = socket
    own.write(bytes)
    const answers: HttpAnswer[] = []
    while (answers.length < requests) answers.push(await next(own))
    return answers
  }

  return {
    /** Sends one request. */
    send: async (bytes: string | Buffer) => (await send(bytes, 1))[0],
    /** Sends requests behind each other, without waiting for answers in between. */
    sendAll: async (requests: readonly string[]) => await send(requests.join(''), requests.length),
    close() {
      socket?.destroy()
      socket = null
    },
  }
}

function wholeAnswerIn(text: string) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return null
  const head = text.slice(0, end)
  const status = Number(head.split(' ')[1])
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  const from = end + 4
  if (length !== undefined) {
    const to = from + Number(length)
    return text.length < to ? null : { head, status, body: text.slice(from, to), length: to }
  }
  let body = ''
  for (let at = from; ; ) {
    const line = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, line), 16)
    if (line < 0 || text.length < line + 4 + size) return null
    if (size === 0) return { head, status, body, length: line + 4 }
    body += text.slice(line + 2, line + 2 + size)
    at = line + 4 + size
  }
}

/** A request with a body, as bytes. */
export function post(path: string, body: string, { type = 'application/json', length = Buffer.byteLength(body) } = {}) {
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`
}
