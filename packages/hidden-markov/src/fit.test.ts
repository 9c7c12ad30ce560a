import { beforeAll, describe, expect, it } from 'vitest'
import { drawnStreams, smallModel } from './drawn-streams.fixture.ts'
import { createStreamFilter } from './filter.ts'
import { fitStreamModel } from './fit.ts'
import type { StreamModel } from './model.ts'

const present = { dense: [0], categorical: [0], vocabularySizes: [3, 2], kind: 1 }
const settings = { present, seed: 1, pause: async () => undefined }
const drawn = drawnStreams(smallModel(), { streamCount: 400, length: 40, seed: 1 })
const unseen = drawnStreams(smallModel(), { streamCount: 400, length: 40, seed: 2 })

/** Mean log loss of a model's belief on streams. */
function loss(model: StreamModel, { inputs, streams }: typeof drawn): number {
  const filter = createStreamFilter(model)
  let sum = 0
  for (let stream = 0; stream + 1 < streams.streamStarts.length; stream++) {
    const state = new Float32Array(filter.stateSize)
    let isAttacked = false
    for (let row = streams.streamStarts[stream]; row < streams.streamStarts[stream + 1]; row++) {
      filter.meet(state, inputs, row)
      isAttacked ||= streams.classes[row] > 0
      sum += Math.log(isAttacked ? 1 + 1 / state[0] : 1 + state[0])
    }
  }
  return sum / streams.rows.length
}

let model: StreamModel
beforeAll(async () => {
  model = await fitStreamModel(drawn.inputs, drawn.streams, settings)
})

describe('a model of streams', () => {
  it('foresees attacks on other streams nearly as well as the model that drew them', () => {
    const best = loss(smallModel(), unseen)
    // Nobody who looks at no event does better than this.
    const rates = Array.from({ length: 40 }, (_, i) => {
      const attacked = Array.from({ length: 400 }, (_, s) =>
        unseen.streams.classes.subarray(40 * s, 40 * s + i + 1).some((own) => own > 0),
      )
      return attacked.filter(Boolean).length / 400
    })
    const blind = rates.reduce((sum, p) => sum - p * Math.log(p) - (1 - p) * Math.log(1 - p), 0) / 40
    expect(best).toBeLessThan(0.8 * blind)
    expect(loss(model, unseen)).toBeLessThan(best + 0.1 * (blind - best))
  })

  it('counts phases, and what threats of each kind show', () => {
    const { classes } = drawn.streams
    let [clean, turned, first, threats, shown] = [0, 0, 0, 0, 0]
    for (let stream = 0; stream < 400; stream++) {
      const own = classes.subarray(40 * stream, 40 * stream + 40)
      const at = own.findIndex((value) => value > 0)
      clean += at === -1 ? 40 : at
      turned += at === -1 ? 0 : 1
      first += at === 0 ? 1 : 0
      if (stream % 2 === 1) continue
      for (const [i, value] of own.entries()) {
        if (value !== 2) continue
        threats++
        if (drawn.inputs.categorical[2 * (40 * stream + i)] === 1) shown++
      }
    }
    expect(model.hazard).toBeCloseTo(turned / (clean + turned), 12)
    expect(model.begins[0]).toBeCloseTo(1 - first / 400, 12)
    // Rows of the table: four modes, then the classes; both kinds have as many streams, so the lower category is first.
    expect(model.kinds[0].tables[1][3 * (model.modeCount + 1) + 1]).toBeCloseTo(shown / threats, 1)
    expect(model.kindOf).toEqual([0, 1])
  })

  it('is the same for the same streams, whatever the machine has drawn before', async () => {
    const few = { ...drawn.streams, streamStarts: drawn.streams.streamStarts.subarray(0, 41) }
    const fit = async (seed: number) => await fitStreamModel(drawn.inputs, few, { ...settings, seed })
    const first = await fit(1)
    expect(await fit(1)).toEqual(first)
    expect(await fit(2)).not.toEqual(first)
  })

  it('holds for possible what training never showed: a benign stream alone, and symbols beyond its own', async () => {
    const rows = drawn.streams.rows.subarray(0, 40)
    const classes = new Uint8Array(drawn.streams.classes.length)
    const streams = { rows, streamStarts: Uint32Array.of(0, 40), classes, classCount: 2 }
    const filter = createStreamFilter(await fitStreamModel(drawn.inputs, streams, settings))
    const state = new Float32Array(filter.stateSize)
    for (const row of unseen.streams.rows.subarray(0, 80)) {
      const ratio = filter.meet(state, unseen.inputs, row)
      expect(ratio > 0 && Number.isFinite(ratio)).toBe(true)
    }
  })
})
