import { describe, expect, it } from 'vitest'
import { Refusal } from '../../api/refusal'
import { Proof } from './proof.svelte'

const refusal = (reason: string) => new Refusal({ reason, status: 403 })

describe('Proof', () => {
  it('asks only when the server does', async () => {
    const proof = new Proof()
    expect(await proof.before(async () => 1)).toBe(1)
    await expect(proof.before(() => Promise.reject(refusal('mail_invalid')))).rejects.toThrow()
    expect(proof.asking).toBe(false)
  })

  it('does it again once the proof is given, and only once more', async () => {
    const proof = new Proof()
    let tries = 0
    const act = async () => {
      if (++tries === 1) throw refusal('proof_needed')
      return tries
    }
    const done = proof.before(act)
    await expect.poll(() => proof.asking).toBe(true)
    proof.given()
    expect(await done).toBe(2)
    expect(proof.asking).toBe(false)

    const never = proof.before(() => (tries++, Promise.reject(refusal('proof_needed'))))
    await expect.poll(() => proof.asking).toBe(true)
    proof.given()
    await expect(never).rejects.toMatchObject({ reason: 'proof_needed' })
    expect(tries).toBe(4)
  })

  it('leaves it when the question is closed', async () => {
    const proof = new Proof()
    const left = proof.before(() => Promise.reject(refusal('proof_needed')))
    await expect.poll(() => proof.asking).toBe(true)
    proof.refused()
    await expect(left).rejects.toMatchObject({ reason: 'proof_needed' })
    expect(proof.asking).toBe(false)
  })
})
