/** A mail server inside of the test: enough SMTP to take letters, and a reader that sees what a person would. */
import { createServer, type Server, type Socket } from 'node:net'
import { secret } from './place.ts'
import { until } from './process.ts'

export type Letter = {
  to: string
  subject: string
  /** The plain words. */
  text: string
  /** Where its link leads; '' when it has none. */
  link: string
}

export class Letters {
  readonly all: Letter[] = []
  /** For --smtp-url. */
  readonly url: string
  #server: Server

  private constructor(server: Server) {
    this.#server = server
    const address = server.address()
    if (!address || typeof address !== 'object') throw new Error('the mail server has no port')
    this.url = `smtp://127.0.0.1:${address.port}`
    server.on('connection', (socket) => this.#talk(socket))
  }

  static start(): Promise<Letters> {
    return new Promise((resolve, reject) => {
      const server = createServer()
      server.on('error', reject)
      server.listen(0, '127.0.0.1', () => resolve(new Letters(server)))
    })
  }

  stop(): void {
    this.#server.close()
  }

  /** Waits for the nth letter to an address, the first being 1. */
  async to(address: string, n = 1): Promise<Letter> {
    const found = await until(`letter ${n} came`, () => this.all.filter((l) => l.to === address)[n - 1])
    const token = found.link.split('#')[1]
    if (token) secret(token)
    return found
  }

  #talk(socket: Socket): void {
    let waiting = ''
    let to = ''
    let letter: string | undefined
    const say = (line: string) => socket.write(`${line}\r\n`)
    const hear = (line: string): void => {
      if (letter !== undefined) {
        if (line !== '.') return void (letter += `${line.replace(/^\./, '')}\r\n`)
        this.all.push(read(to, letter))
        letter = undefined
        return void say('250 taken')
      }
      const command = line.slice(0, 4).toUpperCase()
      if (command === 'EHLO' || command === 'HELO') say('250 mail.test')
      else if (command === 'RCPT') {
        to = /<([^>]*)>/.exec(line)?.[1] ?? ''
        say('250 fine')
      } else if (command === 'DATA') {
        letter = ''
        say('354 go on')
      } else if (command === 'QUIT') {
        say('221 goodbye')
        socket.end()
      } else say('250 fine')
    }
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      waiting += data.toString('latin1')
      for (let end = waiting.indexOf('\r\n'); end >= 0; end = waiting.indexOf('\r\n')) {
        const line = waiting.slice(0, end)
        waiting = waiting.slice(end + 2)
        hear(line)
      }
    })
    say('220 mail.test')
  }
}

function read(to: string, raw: string): Letter {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  const subject = words(/^Subject: (.*)$/im.exec(head)?.[1] ?? '')
  const boundary = /boundary="?([^";\r\n]+)"?/i.exec(head)?.[1] ?? ''
  const plain = raw.split(`--${boundary}`).find((part) => /content-type: text\/plain/i.test(part)) ?? ''
  const text = quoted(plain.slice(plain.indexOf('\r\n\r\n') + 4).replace(/=\r\n/g, ''))
  return { to, subject, text, link: /https?:\/\/\S+/.exec(text)?.[0] ?? '' }
}

/** RFC 2047: =?UTF-8?q?…?= */
function words(header: string): string {
  return header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?q\?([^?]*)\?=/gi, (_, text: string) => quoted(text.replace(/_/g, ' ')))
    .replace(/=\?utf-8\?b\?([^?]*)\?=/gi, (_, text: string) => Buffer.from(text, 'base64').toString('utf8'))
}

function quoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
