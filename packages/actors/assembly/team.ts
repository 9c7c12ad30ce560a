/** What a rollout and an evaluation share: the shape of the team's inputs and where its data lie. */

import { copyRows } from './externals'

/** Described in ../src/blocks.ts. */
@unmanaged
export class Team {
  /** -> plan block of env-wasm */
  environmentPlan: usize
  /** A */
  agentCount: i32
  /** D, dense inputs of the dataset */
  denseCount: i32
  /** C */
  columnCount: i32
  /** K */
  contextSize: i32
  hasCritic: u32
  /** whether the dataset lies outside this memory; then the host copies the rows of each step */
  rowsOutside: u32
  /** -> f32 [N, D] and u16 [N, C], the whole dataset; nothing where it lies outside */
  dense: usize
  categorical: usize
  /** bytes of one lane's recurrent state, f32 [A, H]; 0 for a feed-forward network */
  stateBytes: usize
  /** O, outputs of one agent's critic */
  valueOutputs: i32
  /** S of env-wasm */
  specificationCount: i32
  /** bytes of one lane's watch record of env-wasm; 0 where the greedy walk does not watch */
  watchBytes: usize
  /** bytes of what a walk remembers of its stream or site, where actions have consequences */
  walkBytes: usize
  /** whether a lane has events of many streams beside each other */
  isSite: u32
}

/**
 * Puts the inputs of `count` observations together: x = [row's dense part | context], and the row's categories.
 *
 * @param rows       [count] u32
 * @param context    [count, K] f32
 * @param x          [count, D + K] f32, overwritten
 * @param categories [count, C] u16, overwritten
 */
export function gather(team: Team, count: i32, rows: usize, context: usize, x: usize, categories: usize): void {
  const denseBytes = (<usize>team.denseCount) << 2
  const contextBytes = (<usize>team.contextSize) << 2
  const categoryBytes = (<usize>team.columnCount) << 1
  if (team.rowsOutside) copyRows(count, rows, x, categories)
  for (let i = 0; i < count; i++) {
    if (!team.rowsOutside) {
      const row = <usize>load<u32>(rows + ((<usize>i) << 2))
      memory.copy(x, team.dense + row * denseBytes, denseBytes)
      memory.copy(categories, team.categorical + row * categoryBytes, categoryBytes)
    }
    memory.copy(x + denseBytes, context + <usize>i * contextBytes, contextBytes)
    x += denseBytes + contextBytes
    categories += categoryBytes
  }
}
