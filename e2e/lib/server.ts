/** The real binary on a temporary folder and free ports. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary, logs, secret } from './place.ts'
import { freePort, start, until, type Program } from './process.ts'

export type Server = {
  url: string
  rtmp: string
  data: string
  program: Program
  /** The one-time link of an empty folder, printed at the start; '' on a folder that has an owner. */
  setup: string
  stop(): Promise<void>
}

let servers = 0

/**
 * Starts `subspace serve` with what the caller adds, and returns when it is ready. {port} in an argument is that of
 * HTTP; with a --public-url people come there.
 */
export async function serve(name: string, ...more: string[]): Promise<Server> {
  const [http, rtmp] = [await freePort(), await freePort()]
  const data = mkdtempSync(join(tmpdir(), 'subspace-e2e-'))
  const log = join(logs, `${name}-${++servers}.log`)
  writeFileSync(log, '')
  const args = [
    'serve',
    '--data',
    data,
    '--listen',
    `127.0.0.1:${http}`,
    '--rtmp-listen',
    `127.0.0.1:${rtmp}`,
    '--rtc-listen',
    '127.0.0.1:0',
    ...more.map((word) => word.replace('{port}', String(http))),
  ]
  const program = start(binary, args, { log: (text) => appendFileSync(log, text) })
  const named = args.indexOf('--public-url')
  const url = named < 0 ? `http://127.0.0.1:${http}` : args[named + 1]!
  let gone = false
  void program.ended.then((code) => {
    gone = true
    appendFileSync(log, `-- ended with ${code}\n`)
  })
  await until(`${name} answers (see ${log})`, async () => {
    if (gone) throw new Error(`${name} ended at its start (see ${log}):\n${program.printed()}`)
    return fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
  })
  const setup = /\S*\/setup#\S+/.exec(program.printed())?.[0] ?? ''
  if (setup) secret(setup.slice(setup.indexOf('#') + 1))
  return {
    url,
    rtmp: `rtmp://127.0.0.1:${rtmp}/live`,
    data,
    program,
    // The link may name another host than the one we listen on; its path and token are what counts.
    setup: setup && url + setup.slice(setup.indexOf('/setup#')),
    async stop() {
      await program.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}
