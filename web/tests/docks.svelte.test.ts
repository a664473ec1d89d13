import { afterEach, describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Dock } from '../src/api/dock'
import { aDock } from './fake-dock'
import { audit, openPage, type Page } from './visit-page'

/** The cockpit's docks, in front of a server that keeps them. */
describe('the addresses of docks', () => {
  let opened: Page
  let kept: Dock[] = []
  let proved = true
  let proofs = 0
  let real: typeof fetch

  const show = async (as: 'owner' | 'moderator' = 'owner') => {
    opened = await openPage('/cockpit/ines', { as })
    real = window.fetch
    window.fetch = async (input, init) => {
      const request = new Request(input, init)
      const { pathname } = new URL(request.url)
      const json = (status: number, body: unknown) =>
        new Response(status === 204 ? null : JSON.stringify(body), {
          ...{ status, headers: { 'content-type': 'application/json' } },
        })
      if (pathname === '/api/account/proof') {
        proofs++
        proved = true
        return json(204, null)
      }
      if (!pathname.includes('/docks')) return real(request)
      if (request.method === 'GET') return json(200, { docks: kept })
      if (request.method === 'DELETE') {
        kept = kept.filter((d) => !pathname.endsWith(`/${d.id}`))
        return json(204, null)
      }
      if (!proved) return json(403, { reason: 'proof_needed', detail: '' })
      const { label } = (await request.json()) as { label: string }
      const made = aDock({ id: 'd9', label })
      kept = [made, ...kept]
      return json(201, { ...made, url: 'https://here.example/dock#dock_fresh' })
    }
    await page.viewport(1440, 900)
    await page.getByText(as === 'owner' ? 'OBS: overlay and dock' : 'OBS dock', { exact: true }).click()
    await expect.element(page.getByTestId('docks')).toBeInTheDocument()
  }

  afterEach(async () => {
    window.fetch = real
    await opened.close()
    kept = []
    proved = true
    proofs = 0
  })

  it('are made, told once, and revoked', async () => {
    await show()
    const docks = page.getByTestId('docks')
    await expect.element(docks).toHaveTextContent('Whoever has this address reads both rooms')
    await userEvent.type(page.getByLabelText('Name, to know it again by'), 'Studio')
    await page.getByRole('button', { name: 'Make a dock address' }).click()
    await expect
      .element(page.getByLabelText('Dock address', { exact: true }))
      .toHaveValue('https://here.example/dock#dock_fresh')
    await expect.element(docks).toHaveTextContent('never used')
    expect(await audit()).toEqual([])
    await page.getByRole('button', { name: 'Revoke: Studio' }).click()
    await expect.poll(() => page.getByRole('button', { name: 'Revoke: Studio' }).query()).toBeNull()
    expect(page.getByLabelText('Dock address', { exact: true }).query()).toBeNull()
    await expect.element(page.getByText('Studio was revoked.')).toBeInTheDocument()
    await expect.element(page.getByLabelText('Name, to know it again by')).toHaveFocus()
  })

  it('say who made them and when they were last used, and never their secret', async () => {
    kept = [
      aDock({ id: 'd2', label: 'Laptop', by: { id: 'mod', name: 'Maud' }, used_at: '2026-03-01T12:00:00Z' }),
    ]
    await show()
    await expect.element(page.getByTestId('docks')).toHaveTextContent('Maud')
    await expect.element(page.getByTestId('docks')).toHaveTextContent('last used March 1')
    expect(document.body.innerHTML).not.toContain('dock_')
  })

  it('want to know who is there first', async () => {
    proved = false
    await show()
    await page.getByRole('button', { name: 'Make a dock address' }).click()
    const sheet = page.getByTestId('proof')
    await expect.element(sheet).toBeInTheDocument()
    await userEvent.type(sheet.getByLabelText('Current password'), 'a secret of hers')
    await sheet.getByRole('button', { name: 'Confirm' }).click()
    await expect
      .element(page.getByLabelText('Dock address', { exact: true }))
      .toHaveValue('https://here.example/dock#dock_fresh')
    expect(proofs).toBe(1)
  })

  it('are there for moderators too', async () => {
    await show('moderator')
    await expect.element(page.getByRole('button', { name: 'Make a dock address' })).toBeInTheDocument()
  })
})
