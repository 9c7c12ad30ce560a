import { expect, it } from 'vitest'
import type { FeaturePipeline } from '../pipeline/pipeline.ts'
import { createEventReader } from './event-reader.ts'

it.each([
  ['a stream of one column whose name has a line break', ['a\nb'], ['a', 'b'], '1:x', '1:11:2'],
  ['no stream, and a column without a name', [], [''], null, '1:y'],
  ['the same columns in another order', ['a', 'b'], ['b', 'a'], '1:11:2', '1:21:1'],
  ['the same columns', ['a', 'b'], ['a', 'b'], '1:11:2', '1:11:2'],
])('a key is of its own columns, beside %s', (_, stream, own, whose, key) => {
  const pipeline: FeaturePipeline = {
    ...{ version: 1, dataset: 'events', features: 'behaviour', columns: [], history: null },
    reading: { missing: [], time: null, stream, keys: { key: own }, where: null, labels: [] },
  }
  const read = createEventReader(pipeline).read({ 'a\nb': 'x', a: '1', b: '2', '': 'y' })
  expect([read.stream, { ...read.keys }]).toEqual([whose, { key }])
})
