/**
 * `node packages/evaluation/src/response/common-streams.bench.ts runs/NAME...`: teams of `quickest` with the posterior, the exact
 * optimum and every rule on the belief, all on the same 200,000 streams that nobody has learnt from or was tuned on.
 */
import { type Dataset, loadDataset, QUICKEST } from '@vigil/data'
import { BELIEF, optimalPolicy, tunedRules, walkAll } from '@vigil/response'
import { readBundle } from '@vigil/runs'
import { ANALYST_SEED, meanAndError, returnsOfBundle } from './bundled-team.fixture.ts'
import { streamsOf } from './streams-of.ts'

const STREAMS = 200_000
/** Of the generator; runs use small ones. */
const SEEDS = { fresh: 4_000_000_001, tuning: 4_000_000_002 }

/** So many streams that no run has seen, all of them in the test part. */
async function freshStreams(seed: number, count: number): Promise<Dataset> {
  const rows = Math.ceil((1.05 * count) / QUICKEST.end)
  const request = { dataset: 'quickest', path: null, features: 'posterior', split: 'by-stream', splitSeed: 1 } as const
  const { dataset, streams } = await loadDataset({ ...request, seed, rows })
  const starts = [0]
  for (let row = 1; row < rows && starts.length <= count; row++) if (streams[row] !== streams[row - 1]) starts.push(row)
  if (starts.length <= count) throw new Error(`${rows} events have only ${starts.length - 1} streams.`)
  const test = {
    rows: Uint32Array.from({ length: starts[count] }, (_, row) => row),
    streamStarts: Uint32Array.from(starts.slice(0, count + 1)),
  }
  return { ...dataset, splits: { ...dataset.splits, test } }
}

const folders = process.argv.slice(2)
if (folders.length === 0) throw new Error('Name the folders of runs on quickest.')
const bundles = await Promise.all(folders.map(async (run) => await readBundle(run)))
const { response: spec } = bundles[0].environment
const same = JSON.stringify(spec)
if (spec === null || bundles.some(({ environment }) => JSON.stringify(environment.response) !== same))
  throw new Error('The runs must be of the environment respond, with the same costs.')
const settings = { spec, seed: ANALYST_SEED }
const dataset = await freshStreams(SEEDS.fresh, STREAMS)
const streams = streamsOf(dataset, 'test')
const optimum = walkAll(streams, settings, optimalPolicy(spec, QUICKEST)!.policy).returns
const returns: [string, Float64Array][] = [['exact optimum', optimum]]
const tuning = streamsOf(await freshStreams(SEEDS.tuning, 10_000), 'test')
for (const { name, policy } of tunedRules(tuning, settings, [BELIEF]))
  returns.push([name, walkAll(streams, settings, policy).returns])
for (const [i, bundle] of bundles.entries()) returns.push([folders[i], await returnsOfBundle(bundle, dataset)])

const rule = meanAndError(returns.find(([name]) => name === 'per-event')![1])[0]
const best = meanAndError(optimum)[0]
console.log(`${STREAMS} streams: mean return, mean difference to the optimum (standard error), share of the gap`)
for (const [name, values] of returns) {
  const [mean] = meanAndError(values)
  const [difference, error] = meanAndError(values.map((value, stream) => value - optimum[stream]))
  const share = ((100 * (mean - rule)) / (best - rule)).toFixed(1)
  console.log(`${name.padEnd(28)} ${mean.toFixed(4)}  ${difference.toFixed(4)} (${error.toFixed(4)})  ${share} %`)
}
