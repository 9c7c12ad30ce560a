/** The inputs that the dataset and the environment hold, as a minibatch needs them. */
export type InputSource = {
  /** [N, D] of the whole dataset */
  readonly dense: Float32Array
  /** [N, C] of the whole dataset */
  readonly categorical: Uint16Array
  readonly denseCount: number
  readonly columnCount: number
}

/** Reused arrays for the inputs of B events. */
export type InputBuffers = { readonly dense: Float32Array; readonly categorical: Uint16Array }

/**
 * Fills row `to` of the buffers with what an agent sees: the dataset row's dense part, then the context; its categories.
 *
 * @param row      dataset row
 * @param context  [K] context of this event
 */
export function fillInputs(
  source: InputSource,
  buffers: InputBuffers,
  event: { readonly to: number; readonly row: number; readonly context: Float32Array },
): void {
  const { denseCount: D, columnCount: C } = source
  const width = D + event.context.length
  buffers.dense.set(source.dense.subarray(event.row * D, (event.row + 1) * D), event.to * width)
  buffers.dense.set(event.context, event.to * width + D)
  buffers.categorical.set(source.categorical.subarray(event.row * C, (event.row + 1) * C), event.to * C)
}
