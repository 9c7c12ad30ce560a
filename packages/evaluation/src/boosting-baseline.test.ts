import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { predictProbabilities } from '@vigil/boosting'
import { type Dataset, loadDataset } from '@vigil/data'
import { prAuc } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boostingBaseline } from './boosting-baseline.ts'
import { boostingInputs } from './boosting-inputs.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-boosting-'))
afterAll(() => rmSync(folder, { recursive: true }))

const events = async (seed: number): Promise<Dataset> => {
  const request = {
    dataset: 'synthetic',
    path: null,
    features: 'behaviour',
    split: 'stratified',
    splitSeed: 42,
  } as const
  return (await loadDataset({ ...request, seed, rows: 2000 })).dataset
}

describe('boostingBaseline', () => {
  let dataset: Dataset
  beforeAll(async () => {
    dataset = await events(1)
  })

  /** The baseline at a path, how many trees were grown for it, and what was said. */
  async function baseline(name: string, of = dataset) {
    const said: string[] = []
    let grown = 0
    const path = join(folder, name)
    const model = await boostingBaseline(
      of,
      [path],
      (text) => said.push(text),
      () => grown++,
    )
    return { model, said, grown, path }
  }

  it('learns from the training rows, and is not trained a second time', async () => {
    const first = await baseline('kept.json')
    expect(first.grown).toBeGreaterThan(1)
    const { rows } = dataset.splits.test
    const labels = Uint8Array.from(rows, (row) => dataset.labels[row])
    const threats = labels.reduce((sum, label) => sum + label, 0)
    const scores = predictProbabilities(first.model, boostingInputs(dataset), rows)
    expect(prAuc(scores, labels)).toBeGreaterThan((3 * threats) / rows.length)
    const second = await baseline('kept.json')
    expect(second).toMatchObject({ model: first.model, grown: 0, said: [] })
  })

  it('lets signals and timers have their turn from column to column, before there is a tree', async () => {
    let turns = 0
    const count = () => {
      turns++
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    let before = 0
    await boostingBaseline(
      dataset,
      [join(folder, 'turns.json')],
      () => undefined,
      ({ trees }) => {
        if (trees === 1) before = turns
      },
    )
    clearImmediate(next)
    // A column is cut into bins, and then counted in two parts.
    expect(before).toBeGreaterThanOrEqual(3 * (dataset.denseNames.length + dataset.categoricalColumns.length))
  })

  it.each([
    [
      'of other data',
      (text: string) => text.replace(/"datasetFingerprint":"./, '"datasetFingerprint":"0'),
      /of other data/,
    ],
    ['with a changed value', (text: string) => text.replace(/"bias":-?\d/, '"bias":7'), /was changed/],
    ['of other settings', (text: string) => text.replace('"leafCount":31', '"leafCount":3'), /of other settings/],
    ['with a field more', (text: string) => text.replace('{', '{"more":1,'), /does not hold a boosting model/],
    ['cut off', (text: string) => text.slice(0, 1000), /is not JSON/],
  ])('trains again where the copy is one %s', async (name, change, reason) => {
    const { model, path } = await baseline(`${name}.json`)
    const text = await readFile(path, 'utf8')
    // A fingerprint may begin with the digit that the change puts there.
    const changed =
      change(text) === text ? text.replace(/"datasetFingerprint":"./, '"datasetFingerprint":"1') : change(text)
    await writeFile(path, changed)
    const again = await baseline(`${name}.json`)
    expect(again.said.join()).toMatch(/^training the boosting baseline again: /)
    expect(again.said.join()).toMatch(reason)
    expect(again.grown).toBeGreaterThan(1)
    expect(again.model).toEqual(model)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('is another one for other events', async () => {
    const { model } = await baseline('other.json')
    const other = await baseline('other.json', await events(2))
    expect(other.said.join()).toMatch(/of other data/)
    expect(other.model).not.toEqual(model)
  })
})
