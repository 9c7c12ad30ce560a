/**
 * `npx node packages/evaluation/src/response/fresh-streams.bench.ts runs/NAME...`: teams of `campaign` with the belief of a hidden Markov
 * model beside the ladder that each began from, on the same million events that no run has learnt from or was tuned on.
 */
import { type Consequences, type Dataset, loadDataset, type Split } from '@vigil/data'
import { createStreamFilter, type StreamModel } from '@vigil/hidden-markov'
import { BELIEF, pairedInterval, type Streams, tunedLadders, walkAll } from '@vigil/response'
import { openRunFolder, readBundle } from '@vigil/runs'
import { boostingInputs } from '../boosting-inputs.ts'
import { ANALYST_SEED, meanAndError, returnsOfBundle } from './bundled-team.fixture.ts'

/** Of the generator; runs use small ones. */
const FRESH_SEED = 4_000_000_001
const FRESH_ROWS = 1_000_000

/** All streams of a dataset, and what a model believes of them. */
function judged(dataset: Dataset, model: StreamModel): Dataset {
  const { train, validation, test } = dataset.splits
  const filter = createStreamFilter(model)
  const inputs = boostingInputs(dataset)
  const ratios = new Float32Array(dataset.rowCount).fill(1)
  for (const { rows, streamStarts } of [train, validation, test]) {
    for (const [stream, end] of streamStarts.subarray(1).entries()) {
      const state = new Float32Array(filter.stateSize)
      for (const row of rows.subarray(streamStarts[stream], end)) ratios[row] = filter.meet(state, inputs, row)
    }
  }
  const consequences: Consequences = { ...dataset.consequences!, hazard: model.hazard, ratios }
  return { ...dataset, consequences }
}

/** Several parts as one. */
function joined(parts: readonly Split[]): Split {
  const starts = [0]
  for (const { streamStarts } of parts) {
    const before = starts[starts.length - 1]
    for (const end of streamStarts.subarray(1)) starts.push(before + end)
  }
  return { rows: Uint32Array.from(parts.flatMap(({ rows }) => [...rows])), streamStarts: Uint32Array.from(starts) }
}

/** A part of two datasets, of which the second one's rows are numbered behind those of the first: a rule is one of their rows. */
function streamsOfBoth([first, second]: readonly [Dataset, Dataset], { rows, streamStarts }: Split): Streams {
  const float = (of: (consequences: Consequences) => Float32Array) =>
    Float32Array.from([first, second].flatMap(({ consequences }) => [...of(consequences!)]))
  return {
    ...{ rows, streamStarts, hazard: first.consequences!.hazard },
    labels: Uint8Array.from([...first.labels, ...second.labels]),
    ratios: float(({ ratios }) => ratios!),
    damage: float(({ damage }) => damage!),
    criticality: float(({ criticality }) => criticality!),
  }
}

/** [streams] returns of a run's team on fresh streams, and of the ladder that is best on its own validation streams. */
async function compared(run: string) {
  const bundle = await readBundle(run)
  const { belief, pipeline, environment } = bundle
  const { seed, rows } = (await openRunFolder(run)).config as { seed: number; rows: number | null }
  if (belief === null || 'trees' in belief || environment.response === null)
    throw new Error(`${run} is not of the environment respond with the belief hidden-markov.`)
  const request = { dataset: 'campaign', path: null, features: 'behaviour', split: 'described', splitSeed: 1 } as const
  const [own, fresh] = await Promise.all(
    [
      { seed, rows },
      { seed: FRESH_SEED, rows: FRESH_ROWS },
    ].map(async (events) => judged((await loadDataset({ ...request, ...events, pipeline })).dataset, belief)),
  )
  const test = joined(Object.values(fresh.splits))
  const settings = { spec: environment.response, seed: ANALYST_SEED }
  const { validation } = own.splits
  const ladders = [...tunedLadders(streamsOfBoth([own, fresh], validation), settings, BELIEF)]
  const best = ladders.reduce((a, b) => (b.validation > a.validation ? b : a))
  const behind = { ...test, rows: test.rows.map((row) => row + own.rowCount) }
  const rule = walkAll(streamsOfBoth([own, fresh], behind), settings, best.policy).returns
  return { rule, team: await returnsOfBundle(bundle, { ...fresh, splits: { ...fresh.splits, test } }) }
}

const runs = process.argv.slice(2)
if (runs.length === 0) throw new Error('Name the folders of runs on campaign.')
console.log('run: mean return of the ladder, of the team; team - ladder (standard error), its 95 % interval')
const means: number[] = []
for (const run of runs) {
  const { rule, team } = await compared(run)
  const [[ladder], [own]] = [meanAndError(rule), meanAndError(team)]
  const [difference, error] = meanAndError(team.map((value, stream) => value - rule[stream]))
  const [low, high] = pairedInterval(team, rule, 1)
  const figures = [ladder, own, difference].map((value) => value.toFixed(4))
  console.log(
    `${run}: ${figures[0]} ${figures[1]}; ${figures[2]} (${error.toFixed(4)}), ${low.toFixed(4)} to ${high.toFixed(4)}, ${team.length} streams`,
  )
  means.push(difference)
}
const [mean, error] = meanAndError(Float64Array.from(means))
if (runs.length > 1) console.log(`mean of the runs: ${mean.toFixed(4)} (standard error over runs ${error.toFixed(4)})`)
