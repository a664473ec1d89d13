/** The part of the stand-in server that keeps an account safe. */
import type { Answer } from './fake-server'
import type { World } from './fake-world'

/** How an account is kept: its address, password, passkeys and sessions. */
export function security(
  w: World,
  method: string,
  path: string,
  body: Record<string, unknown>,
  account: (method: string, path: string, body: Record<string, unknown>) => Answer,
): Answer {
  const done: Answer = { status: 204 }
  const [, , , what = '', id] = path.split('/')
  const guarded =
    (what === 'mail' && !id) || (what === 'passkeys' && (id === 'invite' || method === 'DELETE'))
  if (w.unproved && guarded && method !== 'GET') return { status: 403, body: { reason: 'proof_needed' } }
  if (w.fail && method === 'GET') return { status: 503, body: { reason: 'storage_unavailable' } }
  switch (`${method} ${what}`) {
    case 'GET ':
      return { status: 200, body: w.details }
    case 'GET sessions':
      return { status: 200, body: { sessions: w.sessions } }
    case 'DELETE sessions':
      w.sessions = w.sessions.filter((s) => (id ? s.id !== id : s.here))
      return done
    case 'PUT language':
      w.session.account = { ...w.session.account!, language: body.language as 'en' }
      return done
    case 'PUT password':
      w.details = { ...w.details, has_password: true }
      return account(method, path, body)
    case 'PUT mail':
      w.details = { ...w.details, mail_waiting: String(body.address) }
      return { status: 200, body: w.details }
    case 'POST mail': // confirm
      if (!body.token) return { status: 403, body: { reason: 'link_invalid' } }
      w.details = { ...w.details, mail: w.details.mail_waiting || 'noa@example.org', mail_waiting: '' }
      return { status: 200, body: w.details }
    case 'DELETE mail':
      w.details = { ...w.details, mail_waiting: '', ...(id ? {} : { mail: '' }) }
      return done
    case 'POST proof':
      if (body.password === 'wrong') return { status: 401, body: { reason: 'wrong_credentials' } }
      w.unproved = false
      return done
    case 'PATCH passkeys':
      w.details = {
        ...w.details,
        passkeys: w.details.passkeys.map((k) => (k.id === id ? { ...k, name: String(body.name) } : k)),
      }
      return done
    case 'DELETE passkeys':
      w.details = { ...w.details, passkeys: w.details.passkeys.filter((k) => k.id !== id) }
      return done
    case 'POST reset':
      if (body.token === 'spent') return { status: 403, body: { reason: 'link_invalid' } }
      return account(method, '/api/session', { name: 'Noa' })
  }
  return done
}
