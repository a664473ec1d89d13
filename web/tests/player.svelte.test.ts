import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { PlaybackState } from '../src/features/live/playback.svelte'
import { language } from '../src/i18n/index.svelte'
import Player from '../src/player/Player.svelte'
import { PlayerState } from '../src/player/player.svelte'
import '../src/styles/tokens.css'
import '../src/styles/base.css'

describe('the player', () => {
  let root: ReturnType<typeof mount>
  let player: PlayerState
  let playback: PlaybackState

  beforeEach(async () => {
    await page.viewport(1440, 900)
    await language.choose('en')
    player = new PlayerState({ muted: false, volume: 1 })
    player.load = () => Promise.resolve()
    playback = new PlaybackState('ines')
    playback.url = '/hls/token/ines/main.m3u8'
    root = mount(Player, { target: document.body, props: { player, playback, label: 'Picture' } })
    flushSync()
  })
  afterEach(() => unmount(root))

  it('offers the sound of a live that began silently, and no more when the live is over', async () => {
    const sound = () => page.getByRole('button', { name: 'Turn the sound on' })
    player.silenced = true
    await expect.element(sound()).toBeInTheDocument()
    playback.url = ''
    await expect.poll(() => sound().query()).toBeNull()
  })

  it('goes to live where it says how far behind it is', async () => {
    const toLive = vi.spyOn(player, 'toLive').mockImplementation(() => {})
    player.showing = true
    player.latency = 7.4
    const behind = page.getByRole('button', { name: '7.4 sec behind. Go to live' })
    await expect.element(behind).toBeInTheDocument()
    ;(behind.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    expect(toLive).toHaveBeenCalledOnce()
  })
})
