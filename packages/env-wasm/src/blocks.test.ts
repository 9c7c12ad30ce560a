import { classFields, singleFields } from '@vigil/blocks/assembly-class.fixture'
import { expect, it } from 'vitest'
import { LANE, PLAN, STEP, WATCH, WATCH_RECORD } from './blocks.ts'

it.each([
  ['plan.ts', PLAN],
  ['step.ts', STEP],
  ['lanes.ts', LANE],
  ['watch-plan.ts', WATCH],
  ['watch.ts', WATCH_RECORD],
])('assembly/%s has the fields of $name', (file, block) => {
  expect(classFields(new URL(`../assembly/${file}`, import.meta.url), block.name)).toEqual(singleFields(block))
})
