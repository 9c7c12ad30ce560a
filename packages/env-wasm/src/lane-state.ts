import { contextSize, type EpisodeMode } from './environment-spec.ts'
import { EnvironmentError } from './errors.ts'

/** Bytes of a lane's record before its context: the fields of `Lane` in assembly/lanes.ts. */
const RECORD_BYTES = 24

/** Byte offsets of two of those fields. */
const POSITION_AT = 16
const STREAM_END_AT = 20

/** Bytes of one lane's state with K context values. */
export function laneBytes(contextSize: number): number {
  return RECORD_BYTES + 4 * contextSize
}

/**
 * Checks lane states that come from a file before the environment walks by them: WebAssembly would read whatever lies
 * at a wrong position.
 *
 * @param state [laneCount] records, read only
 * @throws {EnvironmentError} LANE_STATE
 */
export function assertLaneStates(
  state: Uint8Array,
  run: { readonly laneCount: number; readonly mode: EpisodeMode; readonly rowCount: number },
): void {
  const K = contextSize(run.mode)
  const bytes = run.laneCount * laneBytes(K)
  if (state.byteLength !== bytes) {
    throw new EnvironmentError(
      'LANE_STATE',
      `The saved lane states hold ${state.byteLength} bytes, but this run's lanes need ${bytes}. They belong to another configuration.`,
    )
  }
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength)
  for (let lane = 0; lane < run.laneCount; lane++) {
    const at = lane * laneBytes(K)
    const position = view.getUint32(at + POSITION_AT, true)
    const streamEnd = view.getUint32(at + STREAM_END_AT, true)
    const inStream = run.mode === 'iid' || (position < streamEnd && streamEnd <= run.rowCount)
    if (position >= run.rowCount || !inStream) {
      throw new EnvironmentError(
        'LANE_STATE',
        `The saved state of lane ${lane} is at row ${position} of a stream that ends at ${streamEnd}, but the split has ${run.rowCount} rows. The file is damaged or belongs to another dataset.`,
      )
    }
    for (let k = 0; k < K; k++) {
      const value = view.getFloat32(at + RECORD_BYTES + 4 * k, true)
      if (value >= 0 && value <= 1) continue
      throw new EnvironmentError(
        'LANE_STATE',
        `The saved state of lane ${lane} has context ${value}, but a moving average lies from 0 to 1. The file is damaged.`,
      )
    }
  }
}
