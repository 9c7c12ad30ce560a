/** A dataset made of columns, for the tests of the diagnosis. Not part of the product. */
import type { Dataset, Split } from '@vigil/data'

/**
 * One stream of the given rows, divided 70 / 15 / 15 in their order.
 *
 * @param made columns [N] each; `classes` by default the label
 */
export function madeDataset(made: {
  readonly labels: Uint8Array
  readonly dense: readonly Float32Array[]
  readonly categorical: readonly { readonly values: Uint16Array; readonly vocabularySize: number }[]
  readonly classes?: Uint8Array
  readonly classNames?: readonly string[]
}): Dataset {
  const { labels, dense, categorical } = made
  const rowCount = labels.length
  const [D, C] = [dense.length, categorical.length]
  const part = (from: number, to: number): Split => {
    const [first, after] = [Math.round(from * rowCount), Math.round(to * rowCount)]
    return {
      rows: Uint32Array.from({ length: after - first }, (_, i) => first + i),
      streamStarts: Uint32Array.of(0, after - first),
    }
  }
  return {
    name: 'made',
    rowCount,
    dense: Float32Array.from({ length: rowCount * D }, (_, i) => dense[i % D][Math.floor(i / D)]),
    categorical: Uint16Array.from({ length: rowCount * C }, (_, i) => categorical[i % C].values[Math.floor(i / C)]),
    denseNames: dense.map((_, d) => `number ${d}`),
    categoricalColumns: categorical.map(({ vocabularySize }, c) => ({ name: `category ${c}`, vocabularySize })),
    labels,
    classes: made.classes ?? labels,
    classNames: made.classNames ?? ['benign', 'threat'],
    splits: { train: part(0, 0.7), validation: part(0.7, 0.85), test: part(0.85, 1) },
    posterior: null,
    consequences: null,
    timeline: null,
    eventsPerDay: null,
    fingerprint: new Uint8Array(32),
  }
}
