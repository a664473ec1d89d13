/** How a Sub Space is set up, for pictures and component tests. */
import type { Setup, Space } from '../src/api/setup'
import type { World } from './fake-world'

export const unset = (): Setup => ({
  name: '',
  picture: '',
  welcome: '',
  level: 1,
  opens: 'always',
  tell_people: false,
  tell_reply: false,
  tell_line: false,
  line: '',
})

export function answerSetup(w: World, method: string, rest: string, body: Partial<Setup>): Setup | Space {
  if (method === 'PATCH') Object.assign(w.setup, body)
  if (rest !== '/C/space') return { ...w.setup }
  const { name, picture, opens, level, welcome, tell_people, tell_reply, tell_line, line } = w.setup
  return {
    ...{ name, picture, opens, level },
    teaser: {
      ...(tell_people && { people: { at_least: 20 } }),
      ...(tell_reply && { reply: { minutes: 4 } }),
      ...(tell_line && { line }),
    },
    ...(w.channel.me.inside && { welcome }),
  }
}
