import { mount, unmount } from 'svelte'
import { afterEach, describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { Look } from '../src/api/overlay'
import type { Alert } from '../src/features/overlay/alerts.svelte'
import Plates from '../src/features/overlay/Plates.svelte'
import { language } from '../src/i18n/index.svelte'
import { aLayer } from './fake-overlay'
import { aPoll } from './fake-polls'
import { audit, openPage, type Page } from './visit-page'

const onAir = {
  ...{ question: 'q', name: '<img src=x>', text: 'How do you stop the drips at the shoulder?' },
  ...{ since: '', audience: 'public' as const },
}
const goal = { words: '', of: 50, people: 32 }
const gift: Alert = { id: 1, kind: 'gift', name: 'Priya', n: 5, to: ['Maud', 'Sam K', 'Théo'] }
const plates = ['on-air', 'poll', 'goal', 'alert'].map((name) => `overlay-${name}`)

describe('the plates over the picture', () => {
  let shown: ReturnType<typeof mount>
  let frame: HTMLElement

  const show = async (width: number, height: number, look: Partial<Look> = {}, alert: Alert = gift) => {
    frame = document.createElement('div')
    frame.style.cssText = `position: fixed; inset: 0 auto auto 0; width: ${width}px; height: ${height}px`
    document.body.append(frame)
    const props = { look: { ...aLayer().look, ...look }, onAir, poll: aPoll(), goal, alert }
    shown = mount(Plates, { target: frame, props })
    for (const name of plates) await expect.element(page.getByTestId(name)).toBeInTheDocument()
  }
  const box = (name: string) => page.getByTestId(name).element().getBoundingClientRect()

  afterEach(async () => {
    await unmount(shown)
    frame.remove()
    await language.choose('en')
  })

  for (const [width, height] of [
    [1920, 1080],
    [1280, 720],
    [1080, 1920],
    [320, 180],
  ] as const)
    it(`stay inside of ${width} × ${height}, away from its middle, and apart`, async () => {
      await show(width, height)
      const boxes = plates.map(box)
      for (const b of boxes) {
        expect(b.left).toBeGreaterThan(0)
        expect(b.top).toBeGreaterThan(0)
        expect(b.right).toBeLessThan(width)
        expect(b.bottom).toBeLessThan(height)
        const overFace =
          b.left < width / 2 && b.right > width / 2 && b.top < height / 2 && b.bottom > height / 2
        expect(overFace).toBe(false)
      }
    })

  it('are as large in the picture as the picture is, so that a small frame shows what it will be', async () => {
    await show(1280, 720)
    const large = box('overlay-goal').width / 1280
    await unmount(shown)
    frame.remove()
    await show(320, 180)
    expect(box('overlay-goal').width / 320).toBeCloseTo(large, 2)
  })

  it('share an edge without covering each other, and leave the picture alone in every colour', async () => {
    for (const theme of ['dark', 'light', 'contrast'] as const) {
      await show(1280, 720, { theme, size: 'large', alerts: 'bottom', goal: 'bottom' })
      expect(getComputedStyle(frame.querySelector('.stage')!).backgroundColor).toBe('rgba(0, 0, 0, 0)')
      const row = ['overlay-on-air', 'overlay-goal', 'overlay-poll'].map(box)
      expect(row[0]!.right).toBeLessThan(row[1]!.left)
      expect(row[1]!.right).toBeLessThan(row[2]!.left)
      expect(row[2]!.right).toBeLessThan(1280)
      if (theme === 'contrast') break
      await unmount(shown)
      frame.remove()
    }
  })

  it('stand where the creator wants them, several above each other', async () => {
    await show(1280, 720, {
      question: 'top',
      poll: 'bottom_left',
      goal: 'bottom_left',
      alerts: 'bottom_right',
    })
    expect(box('overlay-on-air').top).toBeLessThan(100)
    expect(Math.abs(box('overlay-on-air').left + box('overlay-on-air').right - 1280)).toBeLessThan(4)
    expect(box('overlay-goal').bottom).toBeLessThanOrEqual(box('overlay-poll').top)
    expect(box('overlay-poll').left).toBeLessThan(60)
    expect(box('overlay-alert').right).toBeGreaterThan(1220)
  })

  it('grow and shrink as the creator wants', async () => {
    await show(1280, 720, { size: 'small' })
    const small = box('overlay-goal').width
    await unmount(shown)
    frame.remove()
    await show(1280, 720, { size: 'large' })
    expect(box('overlay-goal').width / small).toBeCloseTo(1.25 / 0.8, 1)
  })

  it('say what people write as text, and count in words', async () => {
    await show(1280, 720)
    expect(frame.querySelector('img')).toBeNull()
    await expect.element(page.getByTestId('overlay-on-air')).toHaveTextContent('<img src=x> asks')
    await expect.element(page.getByTestId('overlay-alert')).toHaveTextContent('Priya gave 5 subscriptions')
    await expect
      .element(page.getByTestId('overlay-alert'))
      .toHaveTextContent('Welcome Maud, Sam K, Théo, and 2 more')
    await expect.element(page.getByTestId('overlay-goal')).toHaveTextContent('Subscribers 32 of 50')
  })

  for (const theme of ['dark', 'light', 'contrast'] as const)
    for (const ground of ['#000', '#fff'])
      it(`read well: ${theme} on ${ground}`, async () => {
        await show(1280, 720, { theme }, { id: 2, kind: 'begun', n: 1 })
        frame.style.background = ground
        await expect.element(page.getByTestId('overlay-alert')).toHaveTextContent('A new subscriber')
        for (const name of plates)
          for (const text of page
            .getByTestId(name)
            .element()
            .querySelectorAll('p, b, span:not([aria-hidden])'))
            if (text.textContent?.trim()) expect(contrast(text)).toBeGreaterThanOrEqual(4.5)
      })

  it('speak French', async () => {
    await language.choose('fr')
    await show(1280, 720, {}, { id: 3, kind: 'more', n: 12 })
    await expect.element(page.getByTestId('overlay-alert')).toHaveTextContent('et 12 de plus')
    await expect.element(page.getByTestId('overlay-goal')).toHaveTextContent('Abonnés 32 sur 50')
  })
})

/** Of a text on its plate, whose last grain of what shines through is left out: it is near opaque. */
function contrast(text: Element): number {
  const plate = getComputedStyle(text.closest('section')!).backgroundColor
  const light = (color: string) => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 1
    const brush = canvas.getContext('2d')!
    brush.fillStyle = getComputedStyle(text.closest('[style]')!).backgroundColor
    brush.fillRect(0, 0, 1, 1)
    const bar = text.closest('li')?.querySelector('.bar')
    for (const c of [plate, bar ? getComputedStyle(bar).backgroundColor : 'transparent', color]) {
      brush.fillStyle = c
      brush.fillRect(0, 0, 1, 1)
    }
    const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map((v) => {
      const part = v / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const [a, b] = [light(getComputedStyle(text).color), light('transparent')]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

describe('setting the overlay up', () => {
  let opened: Page
  const preview = () => page.getByTestId('overlay-preview')
  const sent = () => opened.server.bodies.at(-1)

  const open = async (locale = 'en') => {
    opened = await openPage('/cockpit/ines', { as: 'owner', locale })
    await page
      .getByText(locale === 'en' ? 'OBS: overlay and dock' : 'OBS : incrustation et dock', { exact: true })
      .click()
    await expect.element(preview()).toBeVisible()
  }

  afterEach(() => opened.close())

  it('shows at once what it will look like, and keeps it', async () => {
    await open()
    await page.getByLabelText('Colours').selectOptions('High contrast')
    await expect.poll(sent).toEqual({ theme: 'contrast' })
    await expect.poll(() => preview().element().querySelector('[data-theme=contrast]')).not.toBeNull()
    await page.getByLabelText('Size').selectOptions('Large')
    await expect.poll(sent).toEqual({ size: 'large' })
    await page.getByRole('combobox', { name: 'Question', exact: true }).selectOptions('Top right')
    await expect.poll(sent).toEqual({ question: 'top_right' })
    await expect
      .poll(() => preview().element().querySelector('[data-place=top_right]')!.textContent)
      .toContain('How do you stop the drips?')
    expect(await audit()).toEqual([])
  })

  it('asks for a goal in words and a number, and says what is wrong with it', async () => {
    await open()
    await page.getByRole('switch', { name: /Subscription goal/ }).click()
    await expect.poll(sent).toEqual({ goal_on: true })
    await page.getByLabelText('In your words').fill('A new kiln')
    await page.getByLabelText('How many', { exact: true }).fill('2.5')
    await page.getByRole('button', { name: 'Save' }).last().click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('A goal is a whole number')
    await page.getByLabelText('How many', { exact: true }).fill('50')
    await page.getByRole('button', { name: 'Save' }).last().click()
    await expect.poll(sent).toEqual({ goal_words: 'A new kiln', goal_of: 50 })
    await expect.element(preview()).toHaveTextContent('A new kiln')
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument()
  })

  it('leaves alerts to the creator, those for subscribers off at first', async () => {
    await open('fr')
    const begins = page.getByRole('switch', { name: /Alerte pour les nouveaux abonnés/ })
    await expect.element(begins).toHaveAttribute('aria-checked', 'false')
    await begins.click()
    await expect.poll(sent).toEqual({ subscriptions: true })
    await page.getByRole('switch', { name: /Alerte pour les cadeaux/ }).click()
    await expect.poll(sent).toEqual({ gifts: false })
    await expect.element(preview()).toHaveTextContent('Un nouvel abonnement')
    expect(await audit()).toEqual([])
  })
})
