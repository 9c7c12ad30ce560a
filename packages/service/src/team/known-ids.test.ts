import { expect, it } from 'vitest'
import { readWrittenEvent } from './batch-event.ts'
import { createKnownIds, rememberIds } from './known-ids.ts'

it('ids are known among the latest of their kind, those of a folder too', () => {
  const ids = createKnownIds(3)
  const written = ['["a",{"id":"a"}]', '[2,{}]', '["c",{"id":"c"},[[{"host":"h1"},true,"a2"]]]']
  for (const text of written) rememberIds(ids, readWrittenEvent(text))
  for (const text of ['d', 'e']) ids.events.put(text)
  expect(['a', 2, 'c', 'd', 'e'].map((id) => ids.events.has(id))).toEqual([false, false, true, true, true])
  expect(['a', 'a2'].map((id) => ids.verdicts.has(id))).toEqual([false, true])
})
