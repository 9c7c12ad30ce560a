/**
 * What a reset or a step comes to, as bytes, little-endian and without gaps:
 *
 *   u32 n                  lanes that have ended
 *   f32 [E, W]             observation
 *   f32 [E, A]             rewards
 *   f32 [n, W]             last observations of those lanes
 *   u32 [n]                their numbers, ascending
 *   u16 [E, C], [n, C]     categories of both
 *   u8  [E] [E] [E]        terminations, truncations, actions of the team
 *
 * A reset has rewards and flags of 0. clients/python/vigil_env.py reads the same.
 */
import type { Observation, StepResult } from '../environment.ts'

type Arrays = readonly (Float32Array | Uint32Array | Uint16Array | Uint8Array)[]

export function stepFrame({ observation, rewards, ended, finalObservation, ...flags }: StepResult): Buffer {
  return joined([
    Uint32Array.of(ended.length),
    ...[observation.values, rewards, finalObservation.values, ended],
    ...[observation.categories, finalObservation.categories],
    ...[flags.terminations, flags.truncations, flags.teamActions],
  ])
}

/** @param lanes E @param agents A */
export function resetFrame({ values, categories }: Observation, lanes: number, agents: number): Buffer {
  return joined([Uint32Array.of(0), values, new Float32Array(lanes * agents), categories, new Uint8Array(3 * lanes)])
}

function joined(arrays: Arrays): Buffer {
  return Buffer.concat(arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)))
}
