/** A team's decisions by its model in ONNX Runtime, from raw columns. */
import type { DatasetRequest } from '@vigil/data'
import type { Bundle } from '@vigil/runs'
import { rawEvents } from '../drawn-team.fixture.ts'
import { onnxModel } from './model.ts'
import { type Feed, openModel } from './runtime.fixture.ts'

type RowResult = {
  readonly action: number
  readonly decided: boolean
  readonly margin: number
  readonly score: number
  readonly votes: readonly number[]
  readonly scores: readonly number[]
}

/** The test split in ONNX Runtime: each step takes the next event of every stream, with what the step before gave. */
export async function runtimeDecisions(request: DatasetRequest, bundle: Bundle, rows: readonly number[]) {
  const model = await openModel(onnxModel(bundle))
  const { streams, feedsOf } = await rawEvents(request, bundle)
  const isStream = bundle.environment.mode === 'stream'
  const waiting = new Map<number, number[]>()
  for (const row of rows) {
    const stream = isStream ? streams[row] : 0
    waiting.set(stream, [...(waiting.get(stream) ?? []), row])
  }
  const A = bundle.network.agentCount
  const carried = [
    ['team.context', 'team.nextContext', [4]],
    ['team.state', 'team.nextState', [A, 2 * bundle.network.lstmHidden.reduce((sum, width) => sum + width, 0)]],
  ] as const
  const kept = new Map<string, Float32Array>()
  const results = new Map<number, RowResult>()
  while (waiting.size > 0) {
    const step = [...waiting].map(([stream, own]) => ({ stream, row: own.shift() as number }))
    const together = isStream
      ? step
      : [
          ...step,
          ...waiting
            .get(0)!
            .splice(0)
            .map((row) => ({ stream: 0, row })),
        ]
    for (const [stream, own] of waiting) if (own.length === 0) waiting.delete(stream)
    const feeds: Record<string, Feed> = feedsOf(together.map(({ row }) => row))
    for (const [name, , shape] of carried) {
      if (!model.inputs.includes(name)) continue
      const size = shape.reduce((product, dimension) => product * dimension, 1)
      const data = new Float32Array(together.length * size)
      for (const [i, { stream }] of together.entries()) data.set(kept.get(`${name} ${stream}`) ?? [], i * size)
      feeds[name] = { data, shape: [together.length, ...shape] }
    }
    const out = await model.run(feeds)
    for (const [i, { row, stream }] of together.entries()) {
      const of = (name: string, size = 1) =>
        Array.from(out[name].data as Float32Array, Number).slice(i * size, (i + 1) * size)
      results.set(row, {
        ...{ action: of('team.action')[0], decided: of('team.decided')[0] === 1, margin: of('team.margin')[0] },
        ...{ score: of('team.score')[0], votes: of('agents.actions', A), scores: of('agents.scores', A) },
      })
      for (const [name, next, shape] of carried) {
        if (!model.outputs.includes(next)) continue
        const size = shape.reduce((product, dimension) => product * dimension, 1)
        kept.set(`${name} ${stream}`, (out[next].data as Float32Array).slice(i * size, (i + 1) * size))
      }
    }
  }
  await model.close()
  return results
}
