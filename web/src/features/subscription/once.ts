import { freshKey } from '../chat/key'

/**
 * The key of a form's wish: the same wish bears the same key, however often it is sent, and so happens once. A wish
 * that was changed is another one.
 */
export function onceKey(): (wish: object) => string {
  let key = ''
  let of = ''
  return (wish) => {
    const now = JSON.stringify(wish)
    if (now !== of) [key, of] = [freshKey(), now]
    return key
  }
}
