import { readFileSync } from 'node:fs'
import { test as base } from '@playwright/test'
import { sizes } from '../lib/browser.ts'
import { expect, handle, keepSecrets, makeStage, password, type Person } from '../lib/fixtures.ts'
import { Letters } from '../lib/letters.ts'
import { secret } from '../lib/place.ts'
import { serve } from '../lib/server.ts'
import { like, t } from '../lib/words.ts'

const address = secret('bea.martin@example.org')
const unknown = secret('nobody.at.all@example.org')
const changed = secret('another-horse-another-staple')

/** Who sits at a browser, as the server sees it. */
const nameOf = async ({ rest }: Person) =>
  (await rest.call<{ account: { name: string } | null }>('GET', '/api/session')).account?.name ?? ''

const button = ({ page }: Person, key: string) => page.getByRole('button', { name: t(key), exact: true })

/** An address is confirmed, a password forgotten and found again, and a passkey takes its place. */
base('people come back by mail and by passkey', async ({ browser }) => {
  const letters = await Letters.start()
  const server = await serve(
    'mail',
    '--public-url',
    'http://localhost:{port}',
    '--smtp-url',
    letters.url,
    '--mail-from',
    'Studio <hello@live.example.org>',
  )
  const people: Person[] = []
  try {
    const stage = makeStage(browser, server, people, [])
    await stage.creator({ viewport: sizes.desktop })
    const bea = await stage.member('Bea', { viewport: sizes.desktop })

    await base.step('an address is confirmed by its link, and by nothing less', async () => {
      const { page } = bea
      await page.goto('/account/security')
      await page.getByLabel(t('address.field'), { exact: true }).fill(address)
      await page.keyboard.press('Enter')
      await expect(page.getByText(t('address.waiting', { address }))).toBeVisible()
      const letter = await letters.to(address)
      expect(letter.subject).toBe(`Confirm your address at ${new URL(server.url).host}`)
      expect(letter.text).toContain('Hello Bea,')

      const opening: string[] = []
      page.on('request', (request) => request.method() === 'POST' && opening.push(request.url()))
      await page.goto(letter.link)
      await expect(button(bea, 'confirm.submit')).toBeVisible()
      expect(opening).toEqual([])
      await expect
        .poll(() => bea.rest.call<{ mail: string }>('GET', '/api/account').then((a) => a.mail))
        .toBe('')
      await button(bea, 'confirm.submit').click()
      await expect(page.getByRole('heading', { name: t('confirm.done', { address }) })).toBeVisible()

      await page.goto('about:blank') // a link with another fragment alone would not load the page anew
      await page.goto(letter.link)
      await button(bea, 'confirm.submit').click()
      await expect(page.getByRole('alert')).toHaveText(t('reason.link_invalid'))
    })

    const other = await stage.person('the other browser', { viewport: sizes.phone })
    await base.step('the same person signs in elsewhere, and is listed', async () => {
      await other.rest.call('POST', '/api/session', { name: 'Bea', password })
      await other.page.goto(`/c/${handle}`)
      await expect(other.page.getByTestId('chat-log-public')).toBeAttached()
      await bea.page.goto('/account/security')
      await expect(bea.page.getByText(t('sessions.here'))).toBeVisible()
      await expect(button(bea, 'sessions.endOthers')).toBeVisible()
    })

    const lost = await stage.person('who forgot', { viewport: sizes.phone })
    await base.step('a forgotten password is replaced, and every other session ends', async () => {
      const { page } = lost
      await page.goto('/sign-in')
      await page.getByRole('link', { name: t('signin.forgotten') }).click()
      for (const asked of [unknown, address]) {
        await page.getByLabel(t('address.field')).fill(asked)
        await page.keyboard.press('Enter')
        await expect(page.getByRole('status')).toHaveText(t('forgotten.sent'))
      }
      const letter = await letters.to(address, 2)
      expect(letter.subject).toContain('A new password')
      expect(letters.all.filter((l) => l.to === unknown)).toEqual([])

      await page.goto(letter.link)
      await page.getByLabel(t('account.newPassword')).fill(changed)
      await page.keyboard.press('Enter')
      await expect(page.getByRole('heading', { name: t('account.security') })).toBeVisible()
      expect(await nameOf(lost)).toBe('Bea')
      for (const person of [bea, other]) expect(await nameOf(person)).toBe('')
      expect((await letters.to(address, 3)).subject).toContain('was changed')

      await other.page.reload()
      await expect(other.page.getByTestId('chat-log-public')).toBeAttached()
      const old = await other.rest.try('POST', '/api/session', { name: 'Bea', password })
      expect(old.status()).toBe(401)
    })

    await base.step('a passkey is made, and signs in without a name', async () => {
      const { page, context } = lost
      const cdp = await context.newCDPSession(page)
      await cdp.send('WebAuthn.enable')
      const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      })
      await button(lost, 'passkeys.add').click()
      await page.getByRole('textbox', { name: t('passkeys.name') }).fill('Phone')
      await button(lost, 'passkeys.add').click()
      await expect(page.getByRole('button', { name: t('passkeys.remove', { name: 'Phone' }) })).toBeVisible()
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
      expect(credentials.map((c) => [c.rpId, c.isResidentCredential])).toEqual([['localhost', true]])
      expect((await letters.to(address, 4)).subject).toContain('passkey')

      await button(lost, 'passkeys.add').click() // the device has one already
      await button(lost, 'passkeys.add').click()
      await expect(page.getByRole('alert')).toHaveText(t('reason.passkey_here'))

      await button(lost, 'account.signOut').click()
      await expect.poll(() => nameOf(lost)).toBe('')
      await page.goto('/sign-in')
      await button(lost, 'signin.passkey').click()
      await expect.poll(() => nameOf(lost)).toBe('Bea')

      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
      await page.goto('/account/security')
      await page.getByRole('button', { name: t('passkeys.remove', { name: 'Phone' }) }).click()
      await button(lost, 'passkeys.removeConfirm').click()
      await expect(page.getByRole('button', { name: t('passkeys.remove', { name: 'Phone' }) })).toBeHidden()
    })

    await base.step('everything that is kept comes as one file', async () => {
      const download = lost.page.waitForEvent('download')
      await lost.page.getByRole('link', { name: t('data.get') }).click()
      const file = await download
      expect(file.suggestedFilename()).toMatch(/^subspace-\d{4}-\d\d-\d\d\.json$/)
      const kept = JSON.parse(readFileSync(await file.path(), 'utf8')) as Record<string, unknown>
      expect(kept.complete).toBe(true)
      expect(kept.addresses).toMatchObject([{ address, state: 'confirmed' }])
    })

    await base.step('who reads the page in French is written to in French', async () => {
      const cle = await stage.member('Clé', { viewport: sizes.phone, locale: 'fr-FR' })
      const hers = secret('cle.martin@example.org')
      const told = cle.page.waitForResponse((answer) => answer.url().endsWith('/api/account/language'))
      await cle.page.goto('/account/security')
      await told
      await cle.page.getByLabel(t('address.field', {}, 'fr'), { exact: true }).fill(hers)
      await cle.page.keyboard.press('Enter')
      await expect(cle.page.getByText(like('address.waiting', 'fr'))).toBeVisible()
      const letter = await letters.to(hers)
      expect(letter.subject).toMatch(/^Confirmez votre adresse sur /)
      expect(letter.text).toContain('Bonjour Clé,')
      await cle.page.goto(letter.link)
      await cle.page.getByRole('button', { name: t('confirm.submit', {}, 'fr') }).click()
      await expect(
        cle.page.getByRole('heading', { name: t('confirm.done', { address: hers }, 'fr') }),
      ).toBeVisible()
    })

    for (const { name, troubles } of people)
      expect.soft(troubles, `errors on the page of ${name}`).toEqual([])
  } finally {
    for (const person of people) await keepSecrets(person).catch(() => {})
    for (const { context } of people) await context.close()
    await server.stop()
    letters.stop()
  }
})
