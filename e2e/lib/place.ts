/** Where things are: the repository, the binary, and the folder that keeps what a run leaves behind. */
import { appendFileSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')
export const binary = process.env.SUBSPACE_BINARY ?? resolve(repository, 'bin/subspace')
export const artefacts = resolve(repository, 'e2e/artefacts')
export const logs = process.env.SUBSPACE_TEST_LOGS ?? resolve(artefacts, 'logs')

const secrets = process.env.SUBSPACE_TEST_SECRETS ?? resolve(artefacts, 'secrets')

mkdirSync(logs, { recursive: true })

/** Remembers a value that no log may hold; scripts/no-secrets looks for it at the end. */
export function secret(value: string): string {
  appendFileSync(secrets, value + '\n')
  return value
}
