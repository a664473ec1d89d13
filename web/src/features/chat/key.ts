/**
 * A key no other request carries. Not crypto.randomUUID: that exists only on secure origins, and a server in
 * the living room is opened by its address.
 */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
