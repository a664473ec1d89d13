/** The same page under the name that every machine has for itself, when its address is a number of this machine. */
export function loopbackName(
  at: Pick<Location, 'hostname' | 'port' | 'protocol' | 'pathname'>,
): string | undefined {
  if (!/^127\.\d+\.\d+\.\d+$/.test(at.hostname) && at.hostname !== '[::1]') return undefined
  return `${at.protocol}//localhost${at.port ? `:${at.port}` : ''}${at.pathname}`
}
