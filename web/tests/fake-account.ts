/** How somebody signs in, and from where, for pictures and component tests. */
import type { AccountDetails, Passkey, SignedIn } from '../src/api/account'

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

export function details(full: boolean): AccountDetails {
  const passkeys: Passkey[] = [
    { id: 'k1', name: 'Téléphone', created_at: ago(40 * 86_400), used_at: ago(3_600) },
    { id: 'k2', name: 'Key ring', created_at: ago(3 * 86_400), used_at: null },
  ]
  return {
    name: 'Noa',
    has_password: full,
    mail: full ? 'noa@example.org' : '',
    mail_waiting: '',
    passkeys: full ? passkeys : [],
  }
}

export function signedIn(): SignedIn[] {
  const at = (id: string, browser: string, system: string, days: number, seen: number): SignedIn => ({
    id,
    browser,
    system,
    created_at: ago(days * 86_400),
    seen_on: `${ago(seen * 86_400).slice(0, 10)}T00:00:00.000Z`,
    here: id === 's1',
  })
  return [at('s1', 'Firefox', 'Linux', 2, 0), at('s2', 'Safari', 'iPhone', 30, 1), at('s3', '', '', 80, 60)]
}
