import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksInC } from './c-blocks.ts'

export const SOURCE_FOLDER = join(import.meta.dirname, '../../native')

/** SHA-256 (hex) of everything in C that an add-on is made of, the blocks of the memory among it. */
export function sourcesSha256(): string {
  const hash = createHash('sha256').update(blocksInC())
  for (const name of readdirSync(SOURCE_FOLDER).sort()) hash.update(readFileSync(join(SOURCE_FOLDER, name)))
  return hash.digest('hex')
}
