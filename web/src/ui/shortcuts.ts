/** Single-key shortcuts: not while writing, not with a modifier, not while a dialog is open. */
export function shortcuts(keys: Record<string, (e: KeyboardEvent) => void>, on: () => boolean) {
  return (e: KeyboardEvent) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return
    const target = e.target as HTMLElement
    if (target.closest('input, textarea, select, [contenteditable], dialog, [role=menu]')) return
    // Enter and Space belong to the focused control.
    if ((e.key === 'Enter' || e.key === ' ') && target.closest('button, a, summary, [role=tab]')) return
    const single = e.key.length === 1
    const run = keys[single ? e.key.toLowerCase() : e.key]
    if (!run || (single && !on())) return
    e.preventDefault()
    run(e)
  }
}
