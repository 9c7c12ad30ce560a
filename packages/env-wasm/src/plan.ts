import type { Constraints } from './constraints.ts'
import { averageCount, contextSize, type EnvironmentSpec } from './environment-spec.ts'
import { EnvironmentError } from './errors.ts'
import { actionRewards } from './reward-table.ts'

/** Length of the plan block in 32-bit words; the fields are those of assembly/plan.ts. */
export const PLAN_WORDS = 27

/** Where the data of one split lie: byte offsets into the shared memory. */
export type SplitLocation = {
  /** u32 [rowCount], dataset rows by stream, then time. */
  readonly rows: number
  readonly rowCount: number
  /** u32 [streamCount + 1], offsets into rows. */
  readonly streamStarts: number
  readonly streamCount: number
  /** u8, one per row of the dataset. */
  readonly labels: number
}

/** What lanes read besides the plan block. */
export type PlanLocation = SplitLocation & {
  /** What writeConstraints wrote; without specifications nothing is read there. */
  readonly constraints: number
}

/**
 * Writes the plan block that every lane of an environment reads.
 *
 * @param spec with its specifications compiled
 * @param words [PLAN_WORDS] u32 view of the shared memory, overwritten
 * @throws {EnvironmentError} ENVIRONMENT_SPEC
 */
export function writePlan(
  { spec, constraints }: { readonly spec: EnvironmentSpec; readonly constraints: Constraints },
  location: PlanLocation,
  words: Uint32Array,
): void {
  assertSpec(spec, location)
  const numbers = new Float32Array(words.buffer, words.byteOffset, PLAN_WORDS)
  words[0] = spec.mode === 'iid' ? 0 : 1
  words[1] = spec.agentCount
  words[2] = spec.seed
  words[3] = spec.episodeSteps
  words[4] = spec.attribution === 'own' ? 0 : 1
  words[5] = spec.rule === 'majority' ? 0 : 1
  words[6] = 2 * spec.faults + 1
  words[7] = spec.fallbackAction
  words[8] = contextSize(spec)
  words[9] = location.rowCount
  words[10] = location.rows
  words[11] = location.streamStarts
  words[12] = location.streamCount
  words[13] = location.labels
  numbers[14] = spec.teamBonus
  words[15] = averageCount(spec.mode)
  words[16] = constraints.laneBytes
  words[17] = constraints.watchBytes
  words[18] = constraints.specificationCount === 0 ? 0 : location.constraints
  numbers.set(actionRewards(spec.rewards).flat(), 19)
}

function assertSpec(spec: EnvironmentSpec, split: SplitLocation): void {
  const requireInteger = (field: string, value: number, minimum: number, maximum: number) => {
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return
    throw new EnvironmentError(
      'ENVIRONMENT_SPEC',
      `${field} must be an integer from ${minimum} to ${maximum}, but is ${value}.`,
    )
  }
  requireInteger('agentCount', spec.agentCount, 1, 64)
  requireInteger('seed', spec.seed, 0, 2 ** 32 - 1)
  requireInteger('episodeSteps', spec.episodeSteps, 0, 2 ** 31)
  requireInteger('faults', spec.faults, 0, Math.floor((spec.agentCount - 1) / 3))
  requireInteger('fallbackAction', spec.fallbackAction, 0, 3)
  requireInteger('rows of the split', split.rowCount, 1, 2 ** 31)
  requireInteger('streams of the split', split.streamCount, 1, split.rowCount)
  for (const [field, value] of Object.entries({ ...spec.rewards, teamBonus: spec.teamBonus })) {
    if (!Number.isFinite(value)) {
      throw new EnvironmentError('ENVIRONMENT_SPEC', `${field} must be a finite number, but is ${value}.`)
    }
  }
  const { alertedThreat } = spec.rewards
  if (alertedThreat < 0 || alertedThreat > 1) {
    throw new EnvironmentError(
      'ENVIRONMENT_SPEC',
      `alertedThreat must be a share from 0 to 1, but is ${alertedThreat}.`,
    )
  }
}
