import { expect, it } from 'vitest'
import { createTokenTable } from './token-table.ts'

it('needs no more codes than twice the tokens that are held, or the few before the first sweep', () => {
  const table = createTokenTable()
  const pinned = table.pinnedCodeOf('pinned')
  const held = table.codeOf('held')
  const codes = new Set<number>()
  for (let i = 0; i < 100_000; i++) {
    table.sweepWhereDue((visit) => visit(held))
    codes.add(table.codeOf(`token ${i}`))
  }
  expect(codes.size).toBeLessThanOrEqual(4096)
  expect([table.codeOf('pinned'), table.codeOf('held')]).toEqual([pinned, held])
  expect([table.tokenOf(pinned), table.tokenOf(held), table.tokenOf(-1)]).toEqual(['pinned', 'held', null])
})
