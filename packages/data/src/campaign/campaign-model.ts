import { BENIGN, channelsOf, type HostModel, mixed, usualWork } from '../synthetic/host-model.ts'
import { ATTACK, activities, GAP_ENDS, type Phase, SIZE_ENDS } from '../synthetic/host-phases.ts'
import { ROLES } from './campaign-phases.ts'

/** How likely a clean event is followed by the first stage: about one process in six is attacked. */
export const ONSET = 0.0025
/** Mean numbers of events, of ordinary work, until the next stage, and until the last stage comes again. */
const DORMANT = 8
const DORMANT_AT_LAST = 20
/** Share of the events of a stage that show ordinary work, so that single events are ambiguous. */
const COVER = 0.75
/** How often a process goes over to work that looks like an attack, relative to each of its other phases. */
const LOOKALIKE = 0.5

/**
 * The model of one process of a role. Its states are the role's phases while clean, and for each stage of an attack the stage
 * itself and the phases once more: between two stages an attacked process works as ever. A stage is only reached from the one
 * before, and nobody is clean again. Only events of a stage itself are threats.
 */
export function campaignModel(role: keyof typeof ROLES): HostModel {
  const { own, lookalike } = ROLES[role]
  const phases: readonly Phase[] = [...own, lookalike]
  const stages = Object.entries(ATTACK)
  const perStage = 1 + phases.length
  const active = (stage: number) => phases.length + stage * perStage
  const stateCount = active(stages.length)

  const transition = new Float64Array(stateCount * stateCount)
  const threat = new Uint8Array(stateCount)
  const stateClasses: string[] = Array(stateCount).fill(BENIGN)
  const channels: number[][][] = Array(stateCount)
  const to = (from: number, next: number, probability: number) => {
    transition[from * stateCount + next] += probability
  }
  /** The phases from state `first` on: what leaves them goes to `left`. */
  const setPhases = (first: number, left: number, leaving: number) => {
    for (const [i, phase] of phases.entries()) {
      channels[first + i] = channelsOf(phase)
      to(first + i, left, leaving)
      for (const [j, share] of nextPhases(phases, i).entries()) to(first + i, first + j, (1 - leaving) * share)
    }
  }

  setPhases(0, active(0), ONSET)
  for (const [stage, [name, phase]] of stages.entries()) {
    const state = active(stage)
    const leave = 1 / phase.lasts
    threat[state] = 1
    stateClasses[state] = name
    channels[state] = mixed(channelsOf(phase), usualWork(own), COVER)
    to(state, state, 1 - leave)
    for (let i = 0; i < own.length; i++) to(state, state + 1 + i, leave / own.length)
    const isLast = stage === stages.length - 1
    setPhases(state + 1, active(isLast ? stage : stage + 1), 1 / (isLast ? DORMANT_AT_LAST : DORMANT))
  }
  return {
    initial: Float64Array.from({ length: stateCount }, (_, state) => (state < own.length ? 1 / own.length : 0)),
    transition,
    emissions: [0, 1, 2].map((channel) => Float64Array.from(channels.flatMap((of) => of[channel]))),
    symbolCounts: [activities.length, SIZE_ENDS.length - 1, GAP_ENDS.length - 1],
    threat,
    stateClasses,
    classNames: [BENIGN, ...stages.map(([name]) => name)],
  }
}

/** P(phase of the next event | phase i, not attacked); the last phase is the lookalike. */
function nextPhases(phases: readonly Phase[], i: number): number[] {
  const weights = phases.map((_, j): number => (j === i ? 0 : j === phases.length - 1 ? LOOKALIKE : 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const leave = 1 / phases[i].lasts
  return weights.map((weight, j) => (j === i ? 1 - leave : (leave * weight) / total))
}
