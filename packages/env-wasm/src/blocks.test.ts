import { classFields, singleFields } from '@vigil/blocks/assembly-class.fixture'
import { expect, it } from 'vitest'
import { LANE, PLAN, RESPONSE, SITE, SITE_STATE, SITE_STREAM, STEP, WALK, WATCH, WATCH_RECORD } from './blocks.ts'

it.each([
  ['plan.ts', PLAN],
  ['response-plan.ts', RESPONSE],
  ['site-plan.ts', SITE],
  ['site.ts', SITE_STATE],
  ['site.ts', SITE_STREAM],
  ['walk.ts', WALK],
  ['step.ts', STEP],
  ['lane.ts', LANE],
  ['watch-plan.ts', WATCH],
  ['watch.ts', WATCH_RECORD],
])('assembly/%s has the fields of $name', (file, block) => {
  expect(classFields(new URL(`../assembly/${file}`, import.meta.url), block.name)).toEqual(singleFields(block))
})
