/**
 * Merkle trees as in certificate transparency (RFC 6962, section 2.1; RFC 9162, section 2.1.3): leaves and nodes are hashed
 * with different first bytes, so that no node can be shown as a leaf.
 */
import { hash } from 'node:crypto'

const HASH_BYTES = 32

/** How leaves and nodes are hashed. */
export type TreeHashing = {
  readonly leaf: (content: Uint8Array) => Buffer
  readonly node: (left: Uint8Array, right: Uint8Array) => Buffer
}

/** SHA-256 with 0x00 before a leaf and 0x01 before the two children of a node. */
export const RFC6962: TreeHashing = {
  leaf: (content) => {
    const bytes = Buffer.allocUnsafe(1 + content.length)
    bytes[0] = 0
    bytes.set(content, 1)
    return sha256(bytes)
  },
  node: (left, right) => {
    const bytes = Buffer.allocUnsafe(1 + left.length + right.length)
    bytes[0] = 1
    bytes.set(left, 1)
    bytes.set(right, 1 + left.length)
    return sha256(bytes)
  },
}

/** All hashes of a tree, from the leaves up; the last level is the root alone. */
export type MerkleTree = { readonly levels: readonly (readonly Buffer[])[] }

/**
 * @param contents of the leaves, at least one
 * @returns the tree; a node without a right neighbour moves up as it is, which is the tree of RFC 6962
 */
export function merkleTree(contents: Iterable<Uint8Array>, hashing: TreeHashing = RFC6962): MerkleTree {
  const levels: Buffer[][] = [Array.from(contents, hashing.leaf)]
  while (levels[levels.length - 1].length > 1) {
    const below = levels[levels.length - 1]
    const level: Buffer[] = []
    for (let i = 0; i < below.length; i += 2) {
      level.push(i + 1 < below.length ? hashing.node(below[i], below[i + 1]) : below[i])
    }
    levels.push(level)
  }
  return { levels }
}

/** 64 hex digits. */
export function merkleRoot({ levels }: MerkleTree): string {
  return levels[levels.length - 1][0].toString('hex')
}

/** The hashes beside the way from leaf `index` to the root, from below; 64 hex digits each. */
export function inclusionPath({ levels }: MerkleTree, index: number): string[] {
  const path: string[] = []
  let at = index
  for (const level of levels.slice(0, -1)) {
    const neighbour = at ^ 1
    if (neighbour < level.length) path.push(level[neighbour].toString('hex'))
    at >>= 1
  }
  return path
}

/** Where a leaf is said to stand. */
export type Inclusion = {
  readonly content: Uint8Array
  readonly index: number
  /** leaves of the tree */
  readonly count: number
  readonly path: readonly string[]
}

/**
 * The root that follows from a leaf and its path (RFC 9162, section 2.1.3.2).
 *
 * @returns 64 hex digits; null when index, count and path do not fit together
 */
export function rootOfInclusion(
  { content, index, count, path }: Inclusion,
  hashing: TreeHashing = RFC6962,
): string | null {
  if (!Number.isInteger(index) || index < 0 || index >= count || count > 2 ** 31) return null
  let node = hashing.leaf(content)
  let used = 0
  let at = index
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    const neighbour = at ^ 1
    if (neighbour < width) {
      const text = path[used++]
      if (text === undefined || text.length !== 2 * HASH_BYTES) return null
      const beside = Buffer.from(text, 'hex')
      if (beside.length !== HASH_BYTES) return null
      node = at % 2 === 0 ? hashing.node(node, beside) : hashing.node(beside, node)
    }
    at >>= 1
  }
  return used === path.length ? node.toString('hex') : null
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}
