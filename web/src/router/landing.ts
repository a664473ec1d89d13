/** Where a page leads that was told so by its address: only ever to a page of this server's. */
export function landing(to: string | null, origin = location.origin): string {
  if (!to?.startsWith('/') || !URL.canParse(to, origin)) return '/'
  // As a browser reads it: "/\\elsewhere" is another server's, and "/..//elsewhere" becomes so.
  const url = new URL(to, origin)
  const ours = url.origin === origin && !url.pathname.startsWith('//')
  return ours ? url.pathname + url.search + url.hash : '/'
}
