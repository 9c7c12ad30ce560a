/** A certificate is for the settings that it was made with, also where other ones would lead to the same decisions. */

import { NO_ACTION } from '@vigil/vote'
import { describe, expect, test } from 'vitest'
import { keys, settings, terms } from '../protocol/team.fixture.ts'
import type { BatchSettings } from '../protocol/value.ts'
import { agree } from './agree.ts'
import {
  type BatchCertificate,
  proveDecision,
  type TrustedTeam,
  verifyCertificate,
  verifyDecision,
} from './certificate.ts'
import { decodePublicTeam, encodePublicTeam } from './public-team.ts'

const publicKeys = keys.slice(0, 4).map(({ publicKey }) => publicKey)

/** The team as its file of public keys says that it counts. */
function teamOf(decision: BatchSettings['decision']): TrustedTeam {
  return decodePublicTeam(encodePublicTeam({ ...terms, rows: 3, decision, publicKeys }))
}

/** Row 0: all block. Row 1: two against two, no class wins. Row 2: all alert. */
const votes = [0, 1, 2, 3].map((agent) => ({
  actions: Uint8Array.of(1, agent < 2 ? 1 : 0, 3),
  scores: Float32Array.of(1, agent < 2 ? 1 : 0, 0),
}))

function certified(decision: BatchSettings['decision']): BatchCertificate {
  return agree({ terms: { ...terms, rows: 3, decision }, keys: keys.slice(0, 4), votes })[0]
}

/** The certificate under other settings, with the decisions that they lead to. */
function under(batch: BatchCertificate, decision: BatchSettings['decision']): BatchCertificate {
  const { actions } = certified(decision)
  return { ...batch, settings: { ...settings, decision }, actions }
}

describe('settings that lead to the same decisions', () => {
  const weights = Uint32Array.of(3, 2, 2, 3)
  test.each<[string, BatchSettings['decision'], BatchSettings['decision']]>([
    ['other weights', { rule: 'weighted', weights }, { rule: 'weighted', weights: Uint32Array.of(2, 3, 3, 2) }],
    [
      'equal weights written out',
      { rule: 'weighted', weights },
      { rule: 'weighted', weights: Uint32Array.of(1, 1, 1, 1) },
    ],
    ['no weights', { rule: 'weighted', weights }, { rule: 'weighted' }],
    ['another threshold', { rule: 'trimmed-median', threshold: 0.5 }, { rule: 'trimmed-median', threshold: 0.500001 }],
    ['another rule', { rule: 'quorum' }, { rule: 'majority' }],
    ['another fallback', { rule: 'quorum', fallbackAction: 3 }, { rule: 'quorum', fallbackAction: 'abstain' }],
  ])('%s', (_, signed, other) => {
    const batch = certified(signed)
    const decisive = (actions: Uint8Array) => [actions[0], actions[2]]
    expect(decisive(under(batch, other).actions)).toEqual(decisive(batch.actions))
    // Neither under the terms that were signed, nor where the file of public keys says the others too.
    expect(verifyCertificate(batch, teamOf(signed))).toBeNull()
    expect(verifyCertificate(under(batch, other), teamOf(signed))).toBe('WRONG_TERMS')
    expect(verifyCertificate(under(batch, other), teamOf(other))).toBe('OTHER_DIGEST')
    for (const row of [0, 1, 2]) {
      const proof = proveDecision(batch, row)
      const changed = { ...proof, settings: { ...settings, decision: other } }
      expect(verifyDecision(proof, teamOf(signed))).toBeNull()
      expect(verifyDecision(changed, teamOf(signed))).toBe('WRONG_TERMS')
      expect(verifyDecision(changed, teamOf(other))).toBe('OTHER_DIGEST')
    }
  })
})

describe('the leaf of a decision', () => {
  test('says whether a class won: an alert that the team wants is not one for want of a decision', () => {
    const batch = certified({ rule: 'quorum' })
    expect([...batch.actions]).toEqual([1, 3, 3])
    const decided = [0, 1, 2].map((row) => proveDecision(batch, row).leaf[5])
    expect(decided).toEqual([1, 0, 1])
    for (const row of [0, 1, 2]) {
      const proof = proveDecision(batch, row)
      const leaf = proof.leaf.with(5, 1 - proof.leaf[5])
      expect(verifyDecision({ ...proof, leaf }, teamOf({ rule: 'quorum' }))).toBe('NOT_PROVEN')
    }
  })

  test('holds every vote as it was cast, and none of an agent that is away', () => {
    const [batch] = agree({ terms: { ...terms, rows: 3 }, keys: keys.slice(0, 4), votes: votes.with(2, null as never) })
    for (const row of [0, 1, 2]) {
      const leaf = Buffer.from(proveDecision(batch, row).leaf)
      expect(leaf.readUInt32BE(0)).toBe(row)
      expect(leaf[4]).toBe(batch.actions[row])
      for (const agent of [0, 1, 2, 3]) {
        const away = agent === 2
        expect(leaf[6 + 5 * agent]).toBe(away ? NO_ACTION : votes[agent].actions[row])
        expect(leaf.readFloatBE(7 + 5 * agent)).toBe(away ? 0 : votes[agent].scores[row])
      }
    }
  })
})

describe('the proof of a decision holds for one team', () => {
  const team = teamOf({ rule: 'quorum' })
  const proof = proveDecision(certified({ rule: 'quorum' }), 0)
  test.each<[string, Partial<TrustedTeam>, string]>([
    ['another run', { run: 'ef'.repeat(32) }, 'WRONG_RUN'],
    ['another epoch', { epoch: terms.epoch + 1 }, 'WRONG_EPOCH'],
    ['more agents', { agentCount: 5 }, 'WRONG_TERMS'],
    ['fewer faults', { faults: 0 }, 'WRONG_TERMS'],
  ])('%s', (_, change, reason) => {
    expect(verifyDecision(proof, { ...team, ...change })).toBe(reason)
    expect(verifyCertificate(certified({ rule: 'quorum' }), { ...team, ...change })).toBe(reason)
  })

  test('and for the agents that cast the ballots', () => {
    const { root, ballots } = proof.outline
    const [first, second, third, fourth] = ballots
    const swapped = [first, [second[0], third[1]] as const, [third[0], second[1]] as const, fourth]
    const renamed = ballots.map(([agent, ballot]) => [agent + 1, ballot] as const)
    for (const others of [swapped, renamed]) {
      expect(verifyDecision({ ...proof, outline: { root, ballots: others } }, team)).toBe('OTHER_DIGEST')
    }
  })
})
