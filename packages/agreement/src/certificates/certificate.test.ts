import { VigilError } from '@vigil/errors'
import { decide, maxFaults } from '@vigil/vote'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { agreement } from '../../generated/agreement.js'
import { ed25519Verify, generateTeamKeys } from '../protocol/keys.ts'
import type { RejectionReason } from '../protocol/rejection.ts'
import { agreementQuorum } from '../protocol/rules.ts'
import { ballotOf, certificateOf, keys, settings, terms, votesOf } from '../protocol/team.fixture.ts'
import { batchCountOf, settingsOfBatch } from '../protocol/terms.ts'
import { agree } from './agree.ts'
import {
  type BatchCertificate,
  proveDecision,
  type TrustedTeam,
  verifyCertificate,
  verifyDecision,
} from './certificate.ts'
import { decodeCertificates, encodeCertificates } from './certificate-file.ts'
import { decodePublicTeam, encodePublicTeam } from './public-team.ts'

const publicKeys = keys.slice(0, 4).map(({ publicKey }) => publicKey)
const team: TrustedTeam = decodePublicTeam(encodePublicTeam({ ...terms, publicKeys }))
/** On six rows, the second three of which are like the first. */
const votes = [0, 1, 2, 3].map((agent) => {
  const { actions, scores } = votesOf(agent)
  return { actions: Uint8Array.of(...actions, ...actions), scores: Float32Array.of(...scores, ...scores) }
})
const [batch, next] = agree({ terms, keys: keys.slice(0, 4), votes })

describe('agree', () => {
  test('gives the decisions of the rule over the votes, and a certificate that holds', () => {
    for (let row = 0; row < settings.rows; row++) {
      const actions = votes.map((vote) => vote.actions[row])
      expect(batch.actions[row]).toBe(decide({ actions, rule: 'quorum', faults: 1 }).action)
    }
    expect(batch.certificate.signatures.length).toBe(3)
    expect(verifyCertificate(batch, team)).toBeNull()
  })

  test.each([0, 1, 2, 3])('goes on without agent %i', (away) => {
    const [without] = agree({ terms, keys: keys.slice(0, 4), votes: votes.with(away, null as never) })
    expect(without.value.map(({ agent }) => agent)).toEqual([0, 1, 2, 3].filter((agent) => agent !== away))
    expect(verifyCertificate(without, team)).toBeNull()
  })

  test.each([1, 2, 3, 5, 6, 7])('works among %i agents', (agentCount) => {
    const faults = maxFaults(agentCount)
    const teamKeys = generateTeamKeys(agentCount)
    const verify = ed25519Verify(teamKeys.map(({ publicKey }) => publicKey))
    const [certified] = agree({
      terms: { ...terms, rows: 3, agentCount, faults },
      keys: teamKeys,
      votes: teamKeys.map((_, agent) => votesOf(agent)),
    })
    expect(certified.certificate.signatures.length).toBe(agreementQuorum({ agentCount, faults }))
    expect(verifyCertificate(certified, { ...terms, rows: 3, agentCount, faults, verify })).toBeNull()
  })

  test('says so when too many are away', () => {
    const call = () => agree({ terms, keys: keys.slice(0, 4), votes: [votes[0], null, null, votes[3]] })
    expect(call).toThrow(expect.objectContaining({ name: 'VigilError', code: 'NO_AGREEMENT' }))
  })
})

describe('batches', () => {
  const long = { ...terms, rows: 10, batchRows: 4 }
  const cast = [0, 1, 2, 3].map((agent) => ({
    actions: Uint8Array.from({ length: 10 }, (_, row) => (agent + row) % 4),
    scores: Float32Array.from({ length: 10 }, (_, row) => (agent + row) / 13),
  }))
  const all = agree({ terms: long, keys: keys.slice(0, 4), votes: cast })

  test('cover all rows in their order, each led by the next agent', () => {
    expect(batchCountOf(long)).toBe(3)
    expect(all.map(({ settings }) => [settings.domain.batch, settings.firstRow, settings.rows])).toEqual([
      [0, 0, 4],
      [1, 4, 4],
      [2, 8, 2],
    ])
    expect(all.map((one) => one.certificate.view)).toEqual([0, 0, 0])
    for (const [number, one] of all.entries()) {
      expect(one.settings).toEqual(settingsOfBatch(long, number))
      expect(verifyCertificate(one, { ...team, ...long })).toBeNull()
    }
    const actions = all.flatMap((one) => [...one.actions])
    for (const [row, action] of actions.entries()) {
      expect(action).toBe(decide({ actions: cast.map((vote) => vote.actions[row]), rule: 'quorum', faults: 1 }).action)
    }
  })

  test('hold under the terms that they were made for alone', () => {
    const trusted = { ...team, ...long }
    expect(verifyCertificate(all[1], { ...trusted, rows: 9 })).toBeNull()
    expect(verifyCertificate(all[2], { ...trusted, rows: 9 })).toBe('WRONG_TERMS')
    expect(verifyCertificate(all[2], { ...trusted, rows: 8 })).toBe('WRONG_BATCH')
    expect(verifyCertificate(all[1], { ...trusted, batchRows: 5 })).toBe('WRONG_TERMS')
    // Other rows under the number of the batch: the range is signed too.
    const moved = { ...all[1], settings: { ...all[1].settings, firstRow: 5 } }
    expect(verifyCertificate(moved, trusted)).toBe('WRONG_TERMS')
    expect(verifyCertificate(moved, { ...trusted, batchRows: 5, rows: 9 })).toBe('OTHER_DIGEST')
  })

  test('too few or too many votes are refused', () => {
    for (const rows of [9, 11]) {
      const call = () => agree({ terms: { ...long, rows }, keys: keys.slice(0, 4), votes: cast })
      expect(call).toThrow(expect.objectContaining({ name: 'VigilError', code: 'VOTES' }))
    }
  })
})

describe('a certificate that was tampered with', () => {
  const { signatures, digest, view } = batch.certificate
  const changed = (change: Partial<BatchCertificate>): BatchCertificate => ({ ...batch, ...change })
  const domain = (change: object): BatchCertificate =>
    changed({ settings: { ...settings, domain: { ...settings.domain, ...change } } })

  test.each<[string, BatchCertificate, RejectionReason]>([
    ['another run', domain({ run: 'ef'.repeat(32) }), 'WRONG_RUN'],
    ['another epoch', domain({ epoch: 4 }), 'WRONG_EPOCH'],
    ['another batch', domain({ batch: 1 }), 'WRONG_TERMS'],
    ['the rows of another batch', { ...batch, settings: next.settings }, 'BAD_SIGNATURE'],
    ['a batch that there is not', domain({ batch: 2 }), 'WRONG_BATCH'],
    ['another team', changed({ settings: { ...settings, faults: 0 } }), 'WRONG_TERMS'],
    ['a decision', changed({ actions: batch.actions.map((action) => 3 - action) }), 'WRONG_DECISIONS'],
    ['another rule', changed({ settings: { ...settings, decision: { rule: 'majority' } } }), 'WRONG_TERMS'],
    [
      'weights by which one agent decides',
      changed({ settings: { ...settings, decision: { rule: 'weighted', weights: Uint32Array.of(9, 1, 1, 1) } } }),
      'WRONG_TERMS',
    ],
    [
      'two signers',
      changed({ certificate: { ...batch.certificate, signatures: signatures.slice(1) } }),
      'TOO_FEW_SIGNERS',
    ],
    [
      'one signer three times',
      changed({ certificate: { ...batch.certificate, signatures: [signatures[0], signatures[0], signatures[0]] } }),
      'REPEATED_SIGNER',
    ],
    ['signers that did not sign', changed({ certificate: { ...batch.certificate, view: view + 1 } }), 'BAD_SIGNATURE'],
    ['prepare votes alone', changed({ certificate: certificateOf('prepare', view, digest) }), 'UNJUSTIFIED'],
    [
      'another vote',
      changed({ value: batch.value.with(1, { ...batch.value[1], actions: Uint8Array.of(1, 1, 1) }) }),
      'BAD_VALUE',
    ],
    [
      'a ballot that its agent signed, but not for this batch',
      changed({ value: batch.value.with(1, ballotOf(1, 1)) }),
      'OTHER_DIGEST',
    ],
    ['a ballot left out', changed({ value: batch.value.slice(1) }), 'OTHER_DIGEST'],
    ['the votes of nobody', changed({ value: [] }), 'BAD_VALUE'],
  ])('%s', (_, tampered, reason) => {
    expect(verifyCertificate(tampered, team)).toBe(reason)
  })
})

describe('the proof of one decision', () => {
  test.each([0, 1, 2])('of row %i holds without the other rows', (row) => {
    const proof = proveDecision(batch, row)
    expect(proof.leaf[4]).toBe(batch.actions[row])
    expect(verifyDecision(proof, team)).toBeNull()
  })

  const proof = proveDecision(batch, 1)
  const leaf = proof.leaf.with(4, 3 - proof.leaf[4])
  const { root, ballots } = proof.outline
  test.each<[string, Partial<typeof proof>, RejectionReason]>([
    ['another action', { leaf }, 'NOT_PROVEN'],
    ['another row', { row: 2 }, 'NOT_PROVEN'],
    ['no path', { path: [] }, 'NOT_PROVEN'],
    ['another root', { outline: { root: 'ab'.repeat(32), ballots } }, 'NOT_PROVEN'],
    ['other ballots', { outline: { root, ballots: ballots.slice(1) } }, 'OTHER_DIGEST'],
    ['another rule', { settings: { ...settings, decision: { rule: 'majority' } } }, 'WRONG_TERMS'],
    ['prepare votes alone', { certificate: certificateOf('prepare', 0, batch.certificate.digest) }, 'UNJUSTIFIED'],
  ])('with %s does not', (_, change, reason) => {
    expect(verifyDecision({ ...proof, ...change }, team)).toBe(reason)
  })
})

describe('files', () => {
  const weights = Uint32Array.of(3, 3, 3, 2)
  const decision = { rule: 'weighted', fallbackAction: 'abstain', threshold: 0.25, weights } as const
  const counted = { ...terms, decision }
  const [first, second] = agree({ terms: counted, keys: keys.slice(0, 4), votes })
  const team = decodePublicTeam(encodePublicTeam({ ...counted, publicKeys }))
  const bytes = encodeCertificates([first, second])
  const sizes = { agentCount: 4, faults: 1 }

  test('come back as they were written', () => {
    const read = decodeCertificates(bytes, sizes)
    expect(read.map((certificate) => verifyCertificate(certificate, team))).toEqual([null, null])
    expect(encodeCertificates(read)).toEqual(bytes)
  })

  test('more bytes than the rows need are refused before they are parsed', () => {
    const decode = vi.spyOn(agreement.Certificate, 'decode')
    try {
      // Empty ballots, two bytes each, behind what would be sound.
      const ballots = Buffer.alloc(20_000, Uint8Array.of(0x52, 0))
      const body = Buffer.concat([bytes.subarray(16, 16 + Buffer.from(bytes).readUInt32LE(12)), ballots])
      const length = Buffer.alloc(4)
      length.writeUInt32LE(body.length)
      const file = Buffer.concat([bytes.subarray(0, 12), length, body])
      expect(() => decodeCertificates(file, sizes)).toThrow('certificate 0 must fit its 3 rows')
      expect(decode).not.toHaveBeenCalled()
    } finally {
      decode.mockRestore()
    }
  })

  test('1,500 random mutations: refused with a typed error, or every certificate that changed does not hold', () => {
    const outcomes = new Set<string>()
    const at = fc.nat({ max: bytes.length - 1 })
    const mutated = fc.oneof(
      fc.tuple(at, fc.nat({ max: 255 })).map(([i, value]) => bytes.with(i, value)),
      fc.tuple(at, fc.nat({ max: 7 })).map(([i, bit]) => bytes.with(i, bytes[i] ^ (1 << bit))),
      at.map((end) => bytes.slice(0, end)),
      fc.tuple(at, at, fc.nat({ max: 90 })).map(([from, to, n]) => bytes.slice().copyWithin(to, from, from + n)),
      fc.uint8Array({ maxLength: 60 }).map((tail) => new Uint8Array(Buffer.concat([bytes, tail]))),
    )
    fc.assert(
      fc.property(mutated, (file) => {
        outcomes.add(outcomeOf(file))
      }),
      { seed: 1, numRuns: 1500 },
    )
    expect([...outcomes]).toEqual(expect.arrayContaining(['CERTIFICATE_FILE', 'does not hold', 'same']))
  })

  /** Anything but these words fails the test. */
  function outcomeOf(file: Uint8Array): string {
    let read: BatchCertificate[]
    try {
      read = decodeCertificates(file, sizes)
    } catch (error) {
      if (error instanceof VigilError) return error.code
      throw error
    }
    if (read.some((certificate) => verifyCertificate(certificate, team) !== null)) return 'does not hold'
    // What holds is what was written, perhaps not all of it.
    const known = [first, second].map((certificate) => Buffer.from(encodeCertificates([certificate])).toString('hex'))
    const held = read.map((certificate) => Buffer.from(encodeCertificates([certificate])).toString('hex'))
    expect(known).toEqual(expect.arrayContaining(held))
    return 'same'
  }

  test.each<[string, Uint8Array]>([
    ['another magic', bytes.with(0, 0)],
    ['another version', bytes.with(8, 9)],
    ['a length beyond the end', bytes.with(15, 0xff)],
    ['nothing', new Uint8Array(0)],
    ['no certificate', encodeCertificates([])],
  ])('%s is refused', (_, file) => {
    expect(() => decodeCertificates(file, sizes)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_FILE' }))
  })
})

describe('files of public keys', () => {
  const weighted = { ...terms, decision: { rule: 'weighted', weights: Uint32Array.of(3, 3, 2, 2) } as const }
  const text = encodePublicTeam({ ...weighted, publicKeys })
  const changedBy = (change: object) => `${JSON.stringify({ ...JSON.parse(text), ...change }, null, 2)}\n`
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

  test('come back as they were written, with all that was agreed on', () => {
    const { verify: _, ...read } = decodePublicTeam(text)
    const decision = { ...weighted.decision, threshold: 0.5, fallbackAction: 3 }
    expect(read).toEqual({ ...terms, decision })
    expect(encodePublicTeam({ ...read, publicKeys })).toBe(text)
  })

  test.each<[string, string]>([
    ['an unknown rule', changedBy({ rule: 'plurality' })],
    ['a threshold of 2', changedBy({ threshold: 2 })],
    ['a fifth action to fall back on', changedBy({ fallbackAction: 4 })],
    ['weights by which one agent outweighs two', changedBy({ weights: [4, 3, 2, 2] })],
    ['weights for three', changedBy({ weights: [1, 1, 1] })],
    ['weights that are no whole numbers', changedBy({ weights: [1, 1, 1, 0.5] })],
    ['no rows', changedBy({ rows: 0 })],
    ['no rows in a batch', changedBy({ batchRows: 0 })],
    ['more rows in a batch than there may be', changedBy({ batchRows: 2 ** 25 })],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['another version', changedBy({ formatVersion: 9 })],
    ['an unknown key', changedBy({ privateKeys: [] })],
    ['a short run', changedBy({ run: 'ab' })],
    ['half an epoch', changedBy({ epoch: 0.5 })],
    ['too many faults', changedBy({ faults: 2 })],
    ['negative faults', changedBy({ faults: -1 })],
    ['a key twice', changedBy({ publicKeys: [...publicKeys.slice(1), publicKeys[1]] })],
    ['numbers for keys', changedBy({ publicKeys: [1, 2, 3, 4] })],
    ['weights that are nested deep', text.replace(/"weights": \[[^\]]*\]/, `"weights": ${nested(30_000)}`)],
    ['a list that is nested deep', nested(30_000)],
    ['a long text, before it is parsed', nested(100_000)],
    ['a long text that says what a short one does', text.padEnd(2 ** 16 + 1)],
  ])('%s is refused', (_, given) => {
    expect(() => decodePublicTeam(given)).toThrow(
      expect.objectContaining({
        name: 'VigilError',
        code: 'KEYS_FILE',
        // For what it is, not for how it is written.
        message: expect.not.stringContaining('byte for byte'),
      }),
    )
  })

  test('a long text is not parsed', () => {
    const parse = vi.spyOn(JSON, 'parse')
    try {
      expect(() => decodePublicTeam(text.padEnd(2 ** 16 + 1))).toThrow(expect.objectContaining({ code: 'KEYS_FILE' }))
      expect(parse).not.toHaveBeenCalled()
    } finally {
      parse.mockRestore()
    }
  })

  test('the largest team has room', () => {
    const all = generateTeamKeys(127).map((pair) => pair.publicKey)
    const weights = new Uint32Array(127).fill(2 ** 32 - 1)
    const largest = { ...weighted, faults: 42, epoch: 2 ** 32 - 1, decision: { rule: 'weighted', weights } } as const
    const written = encodePublicTeam({ ...largest, publicKeys: all })
    expect(written.length).toBeLessThan(2 ** 15)
    expect(decodePublicTeam(written).agentCount).toBe(127)
  })

  test.each<[string, string]>([
    ['in one line', JSON.stringify(JSON.parse(text))],
    ['with a space behind it', `${text} `],
    ['without its last line feed', text.slice(0, -1)],
    ['with carriage returns', text.replaceAll('\n', '\r\n')],
    ['with a key before it that is said again', text.replace('{', '{\n  "epoch": 9,')],
    ['with a list of keys before it that is said again', text.replace('{', '{\n  "publicKeys": [],')],
    ['in another order', `${JSON.stringify({ run: terms.run, ...JSON.parse(text) }, null, 2)}\n`],
    ['with an escape in a name', text.replace('"faults"', '"f\\u0061ults"')],
    ['with an escape in a value', text.replace('"weighted"', '"w\\u0065ighted"')],
    ['with an exponent', text.replace('"faults": 1', '"faults": 1e0')],
    ['with a fraction of nothing', text.replace('"epoch": 3', '"epoch": 3.0')],
    ['with a threshold in another form', text.replace('0.5', '5e-1')],
    ['with a threshold that is rounded', text.replace('0.5', '0.50000000000000000001')],
    ['with minus zero', text.replace('"threshold": 0.5', '"threshold": -0')],
  ])('%s it is another file, and refused', (_, given) => {
    expect(given).not.toBe(text)
    expect(() => decodePublicTeam(given)).toThrow(
      expect.objectContaining({ code: 'KEYS_FILE', message: expect.stringContaining('byte for byte') }),
    )
  })
})
