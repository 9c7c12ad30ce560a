import { classFields, singleFields } from '@vigil/blocks/assembly-class.fixture'
import { expect, it } from 'vitest'
import {
  ACTING,
  LABEL_STATISTICS,
  POLICY_STATISTICS,
  PRODUCT,
  planBlock,
  STATISTICS_BYTES,
  UPDATE,
  VALUE_STATISTICS,
} from './blocks.ts'

it.each([
  ['plan.ts', planBlock(3)],
  ['acting.ts', ACTING],
  ['update.ts', UPDATE],
  ['update.ts', POLICY_STATISTICS],
  ['update.ts', VALUE_STATISTICS],
  ['update.ts', LABEL_STATISTICS],
  ['product.ts', PRODUCT],
])('assembly/%s has the fields of $name', (file, block) => {
  expect(classFields(new URL(`../assembly/${file}`, import.meta.url), block.name)).toEqual(singleFields(block))
})

it('leaves room for the sums of every trunk', () => {
  expect(Math.max(VALUE_STATISTICS.bytes, LABEL_STATISTICS.bytes)).toBeLessThanOrEqual(STATISTICS_BYTES)
})
