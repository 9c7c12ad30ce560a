import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { merkleRoot, merkleTree } from './merkle.ts'
import { readTree, rootOfLeaves } from './tree-root.ts'

const ofLengths = (lengths: readonly number[]) =>
  lengths.map((length, i) => Uint8Array.from({ length }, (_, at) => 31 * at + i))

test('is the root of the tree, whatever the leaves are', () => {
  const leaf = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 600 }), (leaves) => {
      expect(rootOfLeaves(leaves)).toBe(merkleRoot(merkleTree(leaves)))
    }),
    { seed: 1, numRuns: 60 },
  )
})

test('is the root of the tree for every length about the ends of blocks, in every lane', () => {
  for (let length = 0; length < 200; length++) {
    const leaves = ofLengths([length, 3, length + 64, 130, length])
    expect(rootOfLeaves(leaves)).toBe(merkleRoot(merkleTree(leaves)))
  }
})

test.each([
  ['a leaf too long to be hashed with others', [10, 200_000, 20]],
  ['such leaves alone', [200_000, 300_000]],
  ['more text than is hashed together', Array.from({ length: 40 }, (_, i) => 5000 + i)],
  ['more leaves than are hashed together', Array.from({ length: 1025 }, (_, i) => i % 90)],
  ['hashes that need more memory', Array.from({ length: 10_000 }, (_, i) => i % 7)],
])('is the root of the tree with %s', (_, lengths) => {
  const leaves = ofLengths(lengths)
  expect(rootOfLeaves(leaves)).toBe(merkleRoot(merkleTree(leaves)))
})

test('there is no root of no leaves', () => {
  expect(() => rootOfLeaves([])).toThrow(RangeError)
})

test('what cannot be loaded is to be built: where it is missing, or half of it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-tree-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'tree.wasm')
  const notBuilt = {
    code: 'NOT_BUILT',
    message: expect.stringMatching(/missing or not whole .* npx nx run agreement:build$/),
  }
  expect(() => readTree(pathToFileURL(path))).toThrow(expect.objectContaining(notBuilt))
  const whole = readFileSync(new URL('../../build/tree.wasm', import.meta.url))
  writeFileSync(path, whole.subarray(0, whole.length / 2))
  expect(() => readTree(pathToFileURL(path))).toThrow(expect.objectContaining(notBuilt))
  writeFileSync(path, whole)
  expect(readTree(pathToFileURL(path))).toHaveProperty('rootOf')
})
