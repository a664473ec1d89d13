import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeStream } from '../../../tests/fake-camera'
import { Devices } from './devices.svelte'

describe('devices that are granted after the studio was left', () => {
  const media = navigator.mediaDevices
  const streams: ReturnType<typeof makeStream>[] = []

  /** Questions that stand until they are answered. */
  function questions(method: 'getUserMedia' | 'getDisplayMedia') {
    const answers: { grant(s: MediaStream): void; refuse(name: string): void }[] = []
    vi.spyOn(media, method).mockImplementation(
      () =>
        new Promise<MediaStream>((resolve, reject) =>
          answers.push({ grant: resolve, refuse: (name) => reject(new DOMException('', name)) }),
        ),
    )
    return answers
  }

  function stream() {
    const made = makeStream()
    streams.push(made)
    return made
  }

  const states = (s: MediaStream) => s.getTracks().map((t) => t.readyState)

  afterEach(() => {
    vi.restoreAllMocks()
    localStorage.clear()
    for (const s of streams.splice(0)) s.end()
  })

  it('are let go, both of them, and nothing more is asked', async () => {
    const asked = questions('getUserMedia')
    const listed = vi.spyOn(media, 'enumerateDevices')
    const devices = new Devices()
    const changed = vi.spyOn(devices, 'onchange')
    devices.open()()
    const given = stream()
    asked[0]!.grant(given)
    await vi.waitFor(() => expect(states(given)).toEqual(['ended', 'ended']))
    await new Promise((resolve) => setTimeout(resolve))
    expect(asked).toHaveLength(1)
    expect(devices.sound).toBeUndefined()
    expect(changed).not.toHaveBeenCalled()
    expect(listed).not.toHaveBeenCalled()
  })

  it('are not asked for one by one where the question for both was refused', async () => {
    const asked = questions('getUserMedia')
    const devices = new Devices()
    devices.open()()
    asked[0]!.refuse('NotAllowedError')
    await new Promise((resolve) => setTimeout(resolve))
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['a microphone', (d: Devices) => d.useMicrophone('m2')],
    ['a camera', (d: Devices) => d.useCamera('c2')],
  ])('are let go: %s that was chosen', async (_, choose) => {
    const asked = questions('getUserMedia')
    const devices = new Devices()
    const close = devices.open()
    asked[0]!.grant(stream())
    await vi.waitFor(() => expect(devices.sound).toBeDefined())
    const chosen = choose(devices)
    close()
    const given = stream()
    asked[1]!.grant(given)
    await chosen
    expect(states(given)).toEqual(['ended', 'ended'])
    expect([devices.picture!.readyState, devices.sound!.readyState]).toEqual(['ended', 'ended'])
  })

  it('are let go: the screen', async () => {
    questions('getUserMedia')
    const asked = questions('getDisplayMedia')
    const devices = new Devices()
    const close = devices.open()
    const shared = devices.useScreen()
    close()
    const given = stream()
    asked[0]!.grant(given)
    await shared
    expect(states(given)).toEqual(['ended', 'ended'])
    expect(devices.source).toBe('camera')
  })
})
