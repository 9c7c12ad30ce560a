import { expect, it } from 'vitest'
import { readWrittenEvent } from './batch-event.ts'
import { createKnownIds, rememberIds } from './known-ids.ts'

it('ids are known among the latest of their kind, and those of the end of a folder for as long as it is open', () => {
  const ids = createKnownIds(3)
  const written = ['["a",{"id":"a"}]', '[2,{}]', '["c",{"id":"c"},[[{"host":"h1"},true,"a2"]]]']
  for (const text of written) rememberIds(ids, readWrittenEvent(text))
  ids.keepLast()
  for (const text of ['d', 'e', 'f', 'g']) {
    ids.events.put(text)
    ids.verdicts.put(text)
    ids.lines.put(text)
  }
  expect(['a', 2, 'c', 'd', 'e', 'f', 'g'].map((id) => ids.events.has(id))).toEqual([
    ...[true, false, true],
    ...[false, true, true, true],
  ])
  expect([ids.lines.has(2), ids.lines.has('a'), ids.verdicts.has('a2'), ids.verdicts.has('a')]).toEqual([
    ...[true, false, true, false],
  ])
})
