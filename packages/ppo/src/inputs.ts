import type { InputSource } from '@vigil/actors'

/** Room for the inputs of N events, [N, D + K] and [N, C]. */
export type InputBuffers = { readonly dense: Float32Array; readonly categorical: Uint16Array }

/** Events as a batch holds them: [N] dataset rows and [N, K] context. */
export type EventInputs = { readonly rows: Uint32Array; readonly context: Float32Array }

/**
 * Fills the buffers with what the agents see of events: the dataset row's dense part, then the context; its
 * categories. Rows are short: copied number by number they cost a third of what a call for each row does.
 */
export function gatherInputs(
  { dense, categorical, denseCount: D, columnCount: C }: InputSource,
  { rows, context }: EventInputs,
  buffers: InputBuffers,
): void {
  const K = context.length / rows.length
  let to = 0
  let categoryTo = 0
  for (let event = 0; event < rows.length; event++) {
    const row = rows[event]
    for (let from = row * D; from < (row + 1) * D; from++) buffers.dense[to++] = dense[from]
    for (let from = event * K; from < (event + 1) * K; from++) buffers.dense[to++] = context[from]
    for (let from = row * C; from < (row + 1) * C; from++) buffers.categorical[categoryTo++] = categorical[from]
  }
}
