/** Training events as a network gets them, with what they truly were. */
export type LabelledSample = {
  /** [N] rows of the recording, from 1, ascending */
  readonly rows: readonly number[]
  /** [N, D] and [N, C] */
  readonly dense: Float32Array
  readonly categorical: Uint16Array
  /** [N] whether they are threats, and index into classNames */
  readonly labels: Uint8Array
  readonly classes: Uint8Array
  readonly classNames: readonly string[]
}

/** A training event near to one that was decided on. */
export type NearEvent = {
  /** of the recording, from 1 */
  readonly row: number
  readonly threat: boolean
  readonly class: string
  /** square root of the squared differences of dense inputs and 1 for each category that is another one */
  readonly distance: number
}

/** Finds the sampled events nearest to a row of inputs. */
export type NearestEvents = (dense: Float32Array, categorical: Uint16Array) => NearEvent[]

/**
 * Exact search: every sampled event is compared, sums run in the order of the inputs, and of two at the same distance the earlier row comes first.
 *
 * @param count how many are found, nearest first; all of a smaller sample
 */
export function createNearestEvents(sample: LabelledSample, count: number): NearestEvents {
  const { rows, labels, classes, classNames } = sample
  const [denseCount, columnCount] = [sample.dense.length / rows.length, sample.categorical.length / rows.length]
  const squares = new Float64Array(rows.length)
  return (dense, categorical) => {
    for (let i = 0; i < rows.length; i++) {
      let sum = 0
      for (let d = 0; d < denseCount; d++) {
        const difference = sample.dense[i * denseCount + d] - dense[d]
        sum += difference * difference
      }
      for (let c = 0; c < columnCount; c++) {
        if (sample.categorical[i * columnCount + c] !== categorical[c]) sum += 1
      }
      squares[i] = sum
    }
    return nearest(squares, count).map((i) => ({
      ...{ row: rows[i], threat: labels[i] === 1, class: classNames[classes[i]] },
      distance: Math.sqrt(squares[i]),
    }))
  }
}

/** Places of the smallest values, the smallest first; of equal ones the earlier. */
function nearest(values: Float64Array, count: number): number[] {
  const found: number[] = []
  for (let i = 0; i < values.length; i++) {
    if (found.length === count && values[i] >= values[found[count - 1]]) continue
    let at = found.length
    while (at > 0 && values[found[at - 1]] > values[i]) at--
    found.splice(at, 0, i)
    if (found.length > count) found.pop()
  }
  return found
}
