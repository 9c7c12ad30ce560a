import { setImmediate } from 'node:timers/promises'
import type { Dataset, LoadedDataset, Split } from '@vigil/data'
import { createStreamFilter, fitStreamModel, type PresentInputs, type StreamModel } from '@vigil/hidden-markov'
import { boostingInputs } from './boosting-inputs.ts'
import { FOLDS } from './learnt-belief.ts'

/** What a hidden Markov model makes of streams. */
export type StreamModelBelief = {
  /** [N] above 0, for `Consequences.ratios`; 1 for rows that are in no part */
  readonly ratios: Float32Array
  /** Of all training streams, which judges streams that were not trained on. */
  readonly belief: StreamModel
}

/**
 * What a hidden Markov model believes of streams from the order of their events: P(a threat so far | events so far). Like
 * `learntBelief`, training streams are judged by models of other streams, validation and test streams by one of all training streams.
 *
 * @param present which inputs it reads
 * @param seed    of the beginnings of its fit
 * @param onProgress models done, of how many
 */
export async function streamModelBelief(
  dataset: Dataset,
  { present, seed }: { readonly present: NonNullable<LoadedDataset['present']>; readonly seed: number },
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<StreamModelBelief> {
  const { train, validation, test } = dataset.splits
  const { classes } = dataset
  const classCount = dataset.classNames.length - 1
  const inputs = boostingInputs(dataset)
  const settings = { present: presentInputs(dataset, present), seed, pause: setImmediate }
  const ratios = new Float32Array(dataset.rowCount).fill(1)
  const fit = (streams: Split) => fitStreamModel(inputs, { ...streams, classes, classCount }, settings)
  const judge = (model: StreamModel, { rows, streamStarts }: Split) => {
    const filter = createStreamFilter(model)
    for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
      const state = new Float32Array(filter.stateSize)
      for (const row of rows.subarray(streamStarts[stream], streamStarts[stream + 1]))
        ratios[row] = filter.meet(state, inputs, row)
    }
  }
  for (let fold = 0; fold < FOLDS; fold++) {
    onProgress(fold, FOLDS + 1)
    const others = streamsWhere(train, (stream) => stream % FOLDS !== fold)
    const own = streamsWhere(train, (stream) => stream % FOLDS === fold)
    if (own.rows.length > 0 && others.rows.length > 0) judge(await fit(others), own)
  }
  onProgress(FOLDS, FOLDS + 1)
  const belief = await fit(train)
  for (const part of [validation, test]) judge(belief, part)
  onProgress(FOLDS + 1, FOLDS + 1)
  return { ratios, belief }
}

/** Columns by their names. */
function presentInputs(
  { denseNames, categoricalColumns }: Dataset,
  { inputs, kind }: NonNullable<LoadedDataset['present']>,
): PresentInputs {
  const columnsOf = (names: readonly string[]) => names.flatMap((name, i) => (inputs.includes(name) ? [i] : []))
  const categories = categoricalColumns.map(({ name }) => name)
  return {
    dense: columnsOf(denseNames),
    categorical: columnsOf(categories),
    vocabularySizes: categoricalColumns.map(({ vocabularySize }) => vocabularySize),
    kind: kind === null ? null : categories.indexOf(kind),
  }
}

function streamsWhere({ rows, streamStarts }: Split, isWanted: (stream: number) => boolean): Split {
  const wanted: number[] = []
  const starts = [0]
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    if (!isWanted(stream)) continue
    wanted.push(...rows.subarray(streamStarts[stream], streamStarts[stream + 1]))
    starts.push(wanted.length)
  }
  return { rows: Uint32Array.from(wanted), streamStarts: Uint32Array.from(starts) }
}
