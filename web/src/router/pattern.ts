import type { Component } from 'svelte'

export type Params = Record<string, string>

export type Route = {
  name: string
  /** `/c/{handle}`: a part in braces takes exactly one segment. */
  pattern: string
  load: () => Promise<{ default: Component<{ params: Params }> }>
}

/** The parts of `path` by the names in `pattern`, or undefined when it is another path. */
export function match(pattern: string, path: string): Params | undefined {
  const want = pattern.split('/')
  const have = path.replace(/(.)\/$/, '$1').split('/')
  if (want.length !== have.length) return undefined
  const params: Params = {}
  for (const [i, part] of want.entries()) {
    const given = have[i]!
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name && given) params[name] = decode(given)
    else if (part !== given) return undefined
  }
  return params
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The first route that fits; the last of the table takes what no other wants. */
export function pick(routes: Route[], path: string): { route: Route; params: Params } {
  for (const route of routes) {
    const params = match(route.pattern, path)
    if (params) return { route, params }
  }
  return { route: routes.at(-1)!, params: {} }
}
