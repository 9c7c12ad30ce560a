/**
 * Trains a team from a script, reads what came of it, and lets it decide on an event.
 *
 *   node examples/train-from-script.ts
 *
 * In another project the same runs with the package `vigil` installed (docs/library.md). `npx nx run learner:train` does the same from the
 * command line; docs/training.md has every setting.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ACTION_NAMES, decide, train } from 'vigil'

// A small training: seconds on two cores. What is left out has its default; what nobody knows is refused.
const run = await train(
  {
    dataset: 'synthetic',
    rows: 4000,
    iterations: 6,
    rowsPerIteration: 2048,
    validateEvery: 3,
    seed: 1,
    out: mkdtempSync(join(tmpdir(), 'vigil-')),
  },
  {
    onIteration: ({ iteration, rewardMean }) => console.log(`iteration ${iteration}: reward ${rewardMean.toFixed(2)}`),
  },
)

// The run folder holds weights, metrics, report.html and the evaluation of the best checkpoint on the test split.
const { team, baselines } = await run.evaluation()
console.log(
  `team: F1 ${team.f1.toFixed(3)}, ${(100 * team.alertRate).toFixed(2)} % alerts, reward ${team.rewardMean.toFixed(2)}`,
)
for (const { name, rewardMean } of baselines) console.log(`${name}: reward ${rewardMean.toFixed(2)}`)
console.log(`report: ${join(run.path, 'report.html')}`)

const [{ action, score }] = await decide(run.path, [{ size: 1200, gap_ms: 3 }])
console.log(`decision: ${ACTION_NAMES[action]}, score ${score.toFixed(2)}`)
