/**
 * How well a budget on false positives holds for events unlike those that it was chosen on. The values of one column are dealt
 * into groups. Without each group in turn, boosting is trained and a threshold is chosen on validation; the false-positive
 * rate and the recall are those of the group's events in train and validation. The test split is not looked at.
 *
 *   npx node examples/budget-transfer.ts events.yaml COLUMN
 */
import { predictProbabilities, trainBoosting } from '@vigil/boosting'
import { loadDataset } from '@vigil/data'
import { boostingInputs, thresholdWithin } from '@vigil/evaluation'

const BUDGETS = [0.05, 0.02, 0.01, 0.005, 0.002, 0.001]
const GROUPS = 5

const [path, column] = process.argv.slice(2)
const { dataset } = await loadDataset({
  ...({ dataset: 'events', path, features: 'behaviour', split: 'described' } as const),
  ...{ splitSeed: 42, seed: 1, rows: null },
})
const { splits, labels, categorical, categoricalColumns } = dataset
const place = categoricalColumns.findIndex(({ name }) => name === column)
if (place < 0) throw new Error(`no such column of text: ${column}`)
const inputs = boostingInputs(dataset)
const groupOf = (row: number) => categorical[row * categoricalColumns.length + place] % GROUPS
const labelled = (rows: Uint32Array) => ({ rows, labels: Uint8Array.from(rows, (row) => labels[row]) })

for (let group = 0; group < GROUPS; group++) {
  const [train, validation] = [splits.train, splits.validation].map(({ rows }) =>
    labelled(rows.filter((row) => groupOf(row) !== group)),
  )
  const leftOut = labelled(
    Uint32Array.from([...splits.train.rows, ...splits.validation.rows]).filter((row) => groupOf(row) === group),
  )
  const model = await trainBoosting(inputs, { train, validation })
  const [known, unlike] = [validation, leftOut].map(({ rows }) => predictProbabilities(model, inputs, rows))
  for (const max of BUDGETS) {
    const budget = { measure: 'falsePositiveRate', max } as const
    const threshold = thresholdWithin(budget, known, { labels: validation.labels, eventsPerDay: null })
    const [falsePositiveRate, recall] = [0, 1].map((label) => {
      const scores = unlike.filter((_, i) => leftOut.labels[i] === label)
      return scores.filter((score) => threshold !== null && score >= threshold).length / scores.length
    })
    console.log(
      `group ${group}, budget ${percent(max)}: false positives ${percent(falsePositiveRate)}, recall ${percent(recall)}`,
    )
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
