import { hash } from 'node:crypto'
import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keys } from '../protocol/team.fixture.ts'
import { decodeManifest, type EpochManifest, encodeManifest } from './epoch-manifest.ts'

const BUNDLE = 'ab'.repeat(32)

const manifest: EpochManifest = {
  ...{ epoch: 3, bundle: BUNDLE, batchRows: 256, viewMs: 500, faults: 1 },
  decision: { rule: 'quorum', threshold: 0.5, fallbackAction: 3 },
  agents: keys
    .slice(0, 4)
    .map(({ publicKey }, agent) => ({ publicKey, address: `127.0.0.1:${7400 + agent}`, certificate: `MIIB${agent}` })),
  enforcer: 'MIIC',
  follows: null,
}
const text = encodeManifest(manifest)
const followed = (more: string) => text.replace('"MIIC"\n', `"MIIC", ${more}\n`)

describe('a manifest', () => {
  test('comes back as it was, and its team has the SHA-256 of its text for a name', () => {
    const read = decodeManifest(text)
    expect(read.manifest).toEqual(manifest)
    expect(read.team).toMatchObject({ id: hash('sha256', text), epoch: 3, agentCount: 4, faults: 1 })
  })

  test('comes back with the epoch that it comes after', () => {
    const later = { ...manifest, follows: { manifest: 'cd'.repeat(32), batch: 7 } }
    expect(decodeManifest(encodeManifest(later)).manifest).toEqual(later)
  })

  test.each<[string, string, string]>([
    ['more faults than the team bears', text.replace('"faults": 1', '"faults": 2'), 'at least 3f + 1'],
    ['a key twice', text.replace(keys[1].publicKey, keys[0].publicKey), 'at least 3f + 1'],
    ['an address without a port', text.replace('127.0.0.1:7400', '127.0.0.1'), 'address must be HOST:PORT'],
    ['an address with a blank', text.replace('127.0.0.1:7400', 'a b:7400'), 'address must be HOST:PORT'],
    ['another version', text.replace('"formatVersion": 2', '"formatVersion": 9'), 'formatVersion must be 2'],
    ['no batch', text.replace('"batchRows": 256', '"batchRows": 0'), 'batchRows must be'],
    ['no time', text.replace('"viewMs": 500', '"viewMs": 0'), 'viewMs must be'],
    ['more keys', text.replace('"epoch": 3,', '"epoch": 3,\n  "more": 1,'), 'must have no other keys'],
    ['more in an agent', text.replace('"certificate": "MIIB0"', '"certificate": "MIIB0", "more": 1'), 'byte for byte'],
    ['another form', text.replace('"epoch": 3', '"epoch": 3e0'), 'byte for byte'],
    ['a certificate of two members', text.replace('"MIIB1"', '"MIIC"'), 'certificates must differ'],
    ['nothing that it follows', followed(`"follows": 7`), 'follows must be an object'],
    ['a predecessor without a name', followed(`"follows": {"manifest": 7, "batch": 1}`), 'follows.manifest must be'],
    [
      'no batch of a predecessor',
      followed(`"follows": {"manifest": "${BUNDLE}", "batch": 0}`),
      'follows.batch must be',
    ],
    ['a certificate that is none', text.replace('"MIIC"', '"-----BEGIN"'), 'certificates must be X.509'],
  ])('is refused with %s', (_, changed, reason) => {
    expect(changed).not.toBe(text)
    expect(() => decodeManifest(changed)).toThrow(
      expect.objectContaining({ code: 'KEYS_FILE', message: expect.stringContaining(reason) }),
    )
  })

  test('whatever is changed in its text is refused, or is the manifest of these very bytes', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 4 }), (at, part) => {
        const changed = text.slice(0, at) + part + text.slice(at + part.length)
        try {
          expect(encodeManifest(decodeManifest(changed).manifest)).toBe(changed)
        } catch (error) {
          expect(error).toBeInstanceOf(VigilError)
        }
      }),
      { seed: 1, numRuns: 1000 },
    )
  })
})
