/** The blocks of memory that the host writes for rollout.wasm; the classes in assembly/ say what each field is. */
import { type BlockValues, describeBlock } from '@vigil/blocks'

/** The shape of the team's inputs, and where its data lie: assembly/team.ts. */
export const TEAM = describeBlock('Team', {
  environmentPlan: 'pointer',
  agentCount: 'i32',
  denseCount: 'i32',
  columnCount: 'i32',
  contextSize: 'i32',
  hasCritic: 'u32',
  rowsOutside: 'u32',
  dense: 'pointer',
  categorical: 'pointer',
  stateBytes: 'pointer',
  valueOutputs: 'i32',
  specificationCount: 'i32',
  watchBytes: 'pointer',
  walkBytes: 'pointer',
  isSite: 'u32',
})

/** A rollout of one shard: assembly/rollout.ts. */
export const ROLLOUT = describeBlock('Rollout', {
  team: 'pointer',
  acting: 'pointer',
  step: 'pointer',
  stepCount: 'i32',
  bootstrap: 'pointer',
  rows: 'pointer',
  context: 'pointer',
  actions: 'pointer',
  logProbs: 'pointer',
  values: 'pointer',
  nextValues: 'pointer',
  rewards: 'pointer',
  expectedRewards: 'pointer',
  teamActions: 'pointer',
  terminated: 'pointer',
  truncated: 'pointer',
  robustness: 'pointer',
})

/** The greedy team over segments of a split: assembly/evaluation.ts. */
export const EVALUATION = describeBlock('Evaluation', {
  team: 'pointer',
  acting: 'pointer',
  laneCount: 'i32',
  splitRows: 'pointer',
  context: 'pointer',
  watch: 'pointer',
  registers: 'pointer',
  rows: 'pointer',
  positions: 'pointer',
  ends: 'pointer',
  actions: 'pointer',
  scores: 'pointer',
  walk: 'pointer',
  states: 'pointer',
  segmentNumbers: 'pointer',
  ledgers: 'pointer',
  firstSegment: 'u32',
  votes: 'pointer',
  contexts: 'pointer',
  probabilities: 'pointer',
})

export type RolloutFields = BlockValues<(typeof ROLLOUT)['fields']>
export type EvaluationFields = BlockValues<(typeof EVALUATION)['fields']>
