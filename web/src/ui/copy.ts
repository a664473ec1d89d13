/** Into the clipboard. It exists on secure origins only; a server at home is often opened by its plain address. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const held = document.createElement('textarea')
  held.value = text
  document.body.append(held)
  held.select()
  document.execCommand('copy')
  held.remove()
}
