import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inclusionPath, merkleRoot, merkleTree, RFC6962, rootOfInclusion, type TreeHashing } from './merkle.ts'

/** The inputs of the reference tests of certificate transparency. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const contents = fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 1, maxLength: 40 })

describe('the tree of RFC 6962', () => {
  test.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('of %i reference leaves', (count, root) => {
    const leaves = INPUTS.slice(0, count).map((hex) => Buffer.from(hex, 'hex'))
    expect(merkleRoot(merkleTree(leaves))).toBe(root)
  })

  test('equals the definition: split at the largest power of two below n', () => {
    fc.assert(
      fc.property(contents, (leaves) => {
        expect(merkleRoot(merkleTree(leaves))).toBe(byDefinition(leaves).toString('hex'))
      }),
      { seed: 1 },
    )
  })

  test('every leaf has a path to the root, and no other content, place or count has', () => {
    fc.assert(
      fc.property(
        contents,
        fc.nat(),
        fc.uint8Array({ maxLength: 70 }),
        fc.nat({ max: 60 }),
        (leaves, at, other, shift) => {
          const tree = merkleTree(leaves)
          const index = at % leaves.length
          const proof = { content: leaves[index], index, count: leaves.length, path: inclusionPath(tree, index) }
          const root = merkleRoot(tree)
          expect(rootOfInclusion(proof)).toBe(root)
          if (Buffer.compare(other, leaves[index]) !== 0)
            expect(rootOfInclusion({ ...proof, content: other })).not.toBe(root)
          if (leaves.length > 1) expect(rootOfInclusion({ ...proof, path: proof.path.slice(1) })).not.toBe(root)
          expect(rootOfInclusion({ ...proof, path: [...proof.path, root] })).toBeNull()
          expect(rootOfInclusion({ ...proof, index: leaves.length + shift })).toBeNull()
          expect(rootOfInclusion({ ...proof, index: -1 })).toBeNull()
        },
      ),
      { seed: 2 },
    )
  })

  test.each<[string, string[]]>([
    ['no hash', ['zz'.repeat(32)]],
    ['a short hash', ['ab']],
  ])('a path with %s leads nowhere', (_, path) => {
    expect(rootOfInclusion({ content: Uint8Array.of(1), index: 0, count: 2, path })).toBeNull()
  })
})

describe('a node shown as a leaf', () => {
  /** Without the prefixes a tree of two leaves has the root of one leaf that holds both hashes. */
  const isForged = (hashing: TreeHashing) => {
    const leaves = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3), Uint8Array.of(4)]
    const tree = merkleTree(leaves, hashing)
    const content = Buffer.concat([tree.levels[0][0], tree.levels[0][1]])
    const path = [tree.levels[1][1].toString('hex')]
    return rootOfInclusion({ content, index: 0, count: 2, path }, hashing) === merkleRoot(tree)
  }

  test('is refused by the prefixes, and would not be without them', () => {
    expect(isForged(RFC6962)).toBe(false)
    const { leaf, node } = RFC6962
    // Mutants: both hashed alike.
    expect(isForged({ leaf, node: (left, right) => leaf(Buffer.concat([left, right])) })).toBe(true)
    expect(isForged({ leaf: (content) => node(content, Buffer.alloc(0)), node })).toBe(true)
  })
})

function byDefinition(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 1) return RFC6962.leaf(leaves[0])
  let split = 1
  while (2 * split < leaves.length) split *= 2
  return RFC6962.node(byDefinition(leaves.slice(0, split)), byDefinition(leaves.slice(split)))
}
