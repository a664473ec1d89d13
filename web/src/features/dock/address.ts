/**
 * What stands behind the # of a dock's address: its secret first, then wishes such as `lang=fr` or `aloud=all`. A
 * browser sends none of it to anybody.
 */
import type { Announce } from '../account/preferences.svelte'

export type Address = { secret: string; lang: string | undefined; aloud: Announce }

const ways: readonly string[] = ['all', 'creator', 'mentions']

export function readAddress(hash: string): Address {
  const [secret = '', ...rest] = hash.replace(/^#/, '').split('&')
  const wishes = new URLSearchParams(rest.join('&'))
  const aloud = wishes.get('aloud') ?? ''
  return {
    secret: secret.startsWith('dock_') ? secret : '',
    lang: wishes.get('lang') ?? undefined,
    aloud: ways.includes(aloud) ? (aloud as Announce) : 'off',
  }
}
