/** What two nodes share: one database on the cluster of scripts/with-postgres, and one NATS. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { repository } from './place.ts'
import { start, until, type Program } from './process.ts'

const cluster = process.env.SUBSPACE_TEST_DATABASE ?? ''

/** Makes a fresh database and returns its address. */
export function freshDatabase(): string {
  if (!cluster) throw new Error('no PostgreSQL: run the journeys by scripts/with-postgres')
  const name = `journey_${Date.now().toString(36)}`
  execFileSync('psql', ['--quiet', '--no-psqlrc', '--command', `CREATE DATABASE ${name}`, cluster])
  return cluster.replace('/postgres?', `/${name}?`)
}

export async function startNats(): Promise<Program & { url: string }> {
  const built = resolve(repository, 'bin/natsd')
  execFileSync('go', ['build', '-o', built, './e2e/cmd/natsd'], {
    cwd: repository,
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  const program = start(built, [])
  const url = await until('NATS answers', () => /nats:\S+/.exec(program.printed())?.[0])
  return { ...program, url }
}
