/** What a screen looks like, and what axe finds in it. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { artefacts } from './place.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Finding = {
  id: string
  impact: string | null
  help: string
  nodes: { target: unknown[]; failureSummary?: string }[]
}

/** WCAG 2.2 A and AA: nothing serious or critical may be found, nor anything that moves. */
export async function accessible(page: Page, where: string): Promise<void> {
  await settled(page)
  expect.soft(await moving(page), `motion on ${where}, where less is wanted`).toEqual([])
  await page.evaluate(axe)
  const findings = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run(options: unknown): Promise<{ violations: unknown[] }> } })
      .axe.run
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    return (await run({ runOnly: { type: 'tag', values: tags } })).violations
  })
  const serious = (findings as Finding[])
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`)
  expect.soft(serious, `axe on ${where}`).toEqual([])
}

/** What fades or slides in has arrived: half way its colours are no one's choice. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter((animation) => Number.isFinite(Number(animation.effect?.getComputedTiming().endTime)))
    await Promise.allSettled(ending.map(({ finished }) => finished))
  })
}

/** Every journey asks for less motion: then nothing goes on moving by itself. */
async function moving(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => animation.playState === 'running')
      .map((animation) => String((animation.effect as KeyframeEffect | null)?.target?.className)),
  )
}

/** Keeps a picture under artefacts/pictures for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(artefacts, 'pictures', `${name}.png`) })
}
