import { expect, it } from 'vitest'
import { smallModel } from './drawn-streams.fixture.ts'
import type { StreamModel } from './model.ts'
import { parseStreamModel } from './parse-model.ts'

type Changed = { -readonly [Field in keyof StreamModel]: StreamModel[Field] }

it('is read as it was written', () => {
  expect(parseStreamModel(JSON.parse(JSON.stringify(smallModel())))).toEqual(smallModel())
})

it.each<[string, (model: Changed) => unknown, RegExp]>([
  ['a field more', (model) => ({ ...model, trees: [] }), /fields of a model/],
  ['a certain hazard', (model) => ({ ...model, hazard: 1 }), /hazard/],
  ['a row that does not sum to 1', (model) => ({ ...model, begins: [0.9, 0.2, 0, 0, 0] }), /5 probabilities .* begins/],
  ['a phase less', (model) => ({ ...model, phases: model.phases.slice(5) }), /5 rows .* phases/],
  ['a number that its inputs lack', (model) => ({ ...model, denseCount: 0 }), /columns of its inputs/],
  [
    'a category that its inputs lack',
    (model) => ({ ...model, categoricalCount: 0, kindColumn: null }),
    /columns of its inputs/,
  ],
  ['a kind of stream that its inputs lack', (model) => ({ ...model, kindColumn: 2 }), /columns of its inputs/],
  ['a kind of stream that it lacks', (model) => ({ ...model, kindOf: [2] }), /kinds that it has/],
  [
    'a table less',
    (model) => ({ ...model, kinds: [{ ...model.kinds[0], tables: [] }], kindOf: [0] }),
    /table of each input/,
  ],
  [
    'an impossible event',
    (model) => {
      const tables = [[1, 0, 0.2, 0.8, 0.5, 0.5, 0.3, 0.7], model.kinds[0].tables[1]]
      return { ...model, kinds: [{ ...model.kinds[0], tables }], kindOf: [0] }
    },
    /every symbol for possible/,
  ],
])('is refused with %s', (_, change, reason) => {
  expect(() => parseStreamModel(change(smallModel()))).toThrow(reason)
})
