import { classFields, singleFields } from '@vigil/blocks/assembly-class.fixture'
import { expect, it } from 'vitest'
import { EVALUATION, ROLLOUT, TEAM } from './blocks.ts'

it.each([
  ['team.ts', TEAM],
  ['rollout.ts', ROLLOUT],
  ['evaluation.ts', EVALUATION],
])('assembly/%s has the fields of $name', (file, block) => {
  expect(classFields(new URL(`../assembly/${file}`, import.meta.url), block.name)).toEqual(singleFields(block))
})
