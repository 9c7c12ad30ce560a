import { basename, extname } from 'node:path'
import { harmlessJson, writeFileAtomically } from '@vigil/command-line'
import type { Dataset } from '../dataset.ts'
import { type DatasetRequest, loadDataset, loadRaw, type RawDataset } from '../load-dataset.ts'
import { dataCard } from './data-card.ts'
import { type OutputColumn, requireNewFiles, writeParquet } from './write-parquet.ts'

/**
 * Writes one row per event, in the order of the files: a column per input under its name, then `label`, `class`, `split` (train,
 * validation, test; missing = none of them) and `stream`.
 *
 * @example
 * await exportEvents({ ...request, dataset: 'events', path: 'events.yaml' }, { out: 'inputs.parquet', raw: false })
 *
 * @param options raw = the columns before they are encoded; card = file for a data card in the words of Croissant, null or left out = none
 * @returns rows and columns that were written
 * @throws {VigilError} FILE_EXISTS, FILE_UNWRITABLE, both before anything is read; and as loadDataset
 */
export async function exportEvents(
  request: DatasetRequest,
  { out, raw, card = null }: { readonly out: string; readonly raw: boolean; readonly card?: string | null },
  progress: (message: string) => void = () => undefined,
): Promise<{ readonly rows: number; readonly columns: number }> {
  await requireNewFiles(card === null ? [out] : [out, card])
  const { inputs, events } = raw ? await rawInputs(request, progress) : await encodedInputs(request, progress)
  const rows = events.labels.length
  const answers = answersOf(events)
  // What everybody looks for keeps its name.
  const named = withFreeNames([...answers, ...inputs])
  const columns = [...named.slice(answers.length), ...named.slice(0, answers.length)]
  progress(`writing ${rows} rows of ${columns.length} columns`)
  await writeParquet(out, columns, rows)
  if (card !== null) {
    const known = { ...countsOf(events), dataset: nameOf(request), columns }
    await writeFileAtomically(card, `${harmlessJson(await dataCard(out, card, known))}\n`)
  }
  return { rows, columns: columns.length }
}

/** What a data card counts. */
function countsOf({ labels, classNames, splits }: Inputs['events']) {
  return {
    ...{ rows: labels.length, threats: labels.reduce((sum, label) => sum + label, 0), classNames },
    parts: {
      train: splits.train.rows.length,
      validation: splits.validation.rows.length,
      test: splits.test.rows.length,
    },
  }
}

/** Events of one's own are called as their description. */
function nameOf({ dataset, path }: DatasetRequest): string {
  return dataset === 'events' && path !== null ? basename(path, extname(path)) : dataset
}

/** DuckDB takes names for the same that differ in capitals alone: the later ones get a number. */
function withFreeNames(columns: readonly OutputColumn[]): OutputColumn[] {
  const taken = new Set<string>()
  return columns.map((column) => {
    let name = column.name
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${column.name} (${count})`
    taken.add(name.toLowerCase())
    return { ...column, name }
  })
}

type Inputs = { readonly inputs: OutputColumn[]; readonly events: Omit<RawDataset, 'columns'> }

async function rawInputs(request: DatasetRequest, progress: (message: string) => void): Promise<Inputs> {
  const { columns, ...events } = await loadRaw(request, progress)
  const inputs = Array.from(
    columns,
    ([name, column]): OutputColumn =>
      column.kind === 'number'
        ? { name, type: 'double', at: (row) => (Number.isNaN(column.values[row]) ? null : column.values[row]) }
        : { name, type: 'text', at: (row) => (column.codes[row] < 0 ? null : column.dictionary[column.codes[row]]) },
  )
  return { inputs, events }
}

async function encodedInputs(request: DatasetRequest, progress: (message: string) => void): Promise<Inputs> {
  const { dataset, streams } = await loadDataset(request, progress)
  const { dense, categorical, denseNames, categoricalColumns } = dataset
  const [denseCount, categoricalCount] = [denseNames.length, categoricalColumns.length]
  const inputs: OutputColumn[] = [
    ...denseNames.map((name, i) => ({
      name,
      type: 'float' as const,
      at: (row: number) => dense[row * denseCount + i],
    })),
    ...categoricalColumns.map(({ name }, i) => ({
      name,
      type: 'integer' as const,
      at: (row: number) => categorical[row * categoricalCount + i],
    })),
  ]
  return { inputs, events: { ...dataset, streams } }
}

function answersOf({ labels, classes, classNames, streams, splits }: Omit<RawDataset, 'columns'>): OutputColumn[] {
  const parts = partsOf(splits, labels.length)
  return [
    { name: 'label', type: 'integer', at: (row) => labels[row] },
    { name: 'class', type: 'text', at: (row) => classNames[classes[row]] },
    { name: 'split', type: 'text', at: (row) => parts[row] },
    { name: 'stream', type: 'integer', at: (row) => streams[row] },
  ]
}

function partsOf(splits: Dataset['splits'], rowCount: number): (string | null)[] {
  const parts = new Array<string | null>(rowCount).fill(null)
  for (const name of ['train', 'validation', 'test'] as const) for (const row of splits[name].rows) parts[row] = name
  return parts
}
