/**
 * Trains a team from a script, and reads what came of it.
 *
 *   node examples/train-from-script.ts
 *
 * `npx nx run learner:train` does the same from the command line; docs/training.md has every setting.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '@vigil/config'
import { trainRun } from '@vigil/learner'
import { readEvaluation } from '@vigil/runs'

const out = mkdtempSync(join(tmpdir(), 'vigil-'))

// A small training: seconds on two cores. What is left out has its default.
const settings = {
  dataset: 'synthetic',
  rows: 4000,
  iterations: 6,
  rowsPerIteration: 2048,
  validateEvery: 3,
  seed: 1,
  out,
}
const config = resolveConfig(settings, () => 'this script') // refuses what it does not know, and names where it is from

await trainRun(
  { kind: 'new', config },
  {
    stream: { write: () => undefined }, // process.stdout shows the progress
    isTTY: false,
    stop: { requested: () => false, onRequest: () => () => undefined }, // nobody stops this training
  },
)

// The run folder holds weights, metrics, report.html and the evaluation of the best checkpoint on the test split.
const { team, baselines } = await readEvaluation(join(out, 'evaluation.json'))
console.log(
  `team: F1 ${team.f1.toFixed(3)}, ${(100 * team.alertRate).toFixed(2)} % alerts, reward ${team.rewardMean.toFixed(2)}`,
)
for (const { name, rewardMean } of baselines) console.log(`${name}: reward ${rewardMean.toFixed(2)}`)
console.log(`report: ${join(out, 'report.html')}`)
