import type { EventInputs, StreamModel, SymbolColumn } from './model.ts'

/** Which inputs tell of the event alone, not of what was before it: columns of the dense and of the categorical inputs. */
export type PresentInputs = {
  readonly dense: readonly number[]
  readonly categorical: readonly number[]
  /** [categoricalCount] symbols of each categorical column, the unknown included */
  readonly vocabularySizes: readonly number[]
  /** Categorical column of the kind of stream; null = none */
  readonly kind: number | null
}

/** A number is one of so many symbols, each as frequent as the others. */
const NUMBER_SYMBOLS = 8

/** The symbols of inputs, numbers divided at quantiles of training rows. */
export function symbolColumns(inputs: EventInputs, rows: Uint32Array, present: PresentInputs): SymbolColumn[] {
  const numbers = present.dense.map((column): SymbolColumn => {
    const sorted = Float32Array.from(rows, (row) => inputs.dense[row * inputs.denseCount + column]).sort()
    const quantiles = Array.from({ length: NUMBER_SYMBOLS - 1 }, (_, i) => {
      return sorted[Math.floor(((i + 1) * sorted.length) / NUMBER_SYMBOLS)]
    })
    return { kind: 'number', column, thresholds: [...new Set(quantiles)] }
  })
  const categories = present.categorical.map((column): SymbolColumn => {
    return { kind: 'category', column, symbolCount: present.vocabularySizes[column] }
  })
  return [...numbers, ...categories]
}

/** The symbol of a row in one column; a category beyond those of training is the unknown, 0. */
export function symbolOf(inputs: EventInputs, row: number, column: SymbolColumn): number {
  if (column.kind === 'category') {
    const category = inputs.categorical[row * inputs.categoricalCount + column.column]
    return category < column.symbolCount ? category : 0
  }
  const value = inputs.dense[row * inputs.denseCount + column.column]
  let symbol = 0
  while (symbol < column.thresholds.length && column.thresholds[symbol] <= value) symbol++
  return symbol
}

/** Place of the kind of a row's stream in `kinds`. */
export function kindOfRow({ kindColumn, kindOf }: StreamModel, inputs: EventInputs, row: number): number {
  return kindColumn === null ? 0 : (kindOf[inputs.categorical[row * inputs.categoricalCount + kindColumn]] ?? 0)
}
