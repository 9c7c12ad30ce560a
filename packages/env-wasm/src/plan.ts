import { writeBlock } from '@vigil/blocks'
import { PLAN } from './blocks.ts'
import type { Constraints } from './constraints.ts'
import { averageCount, contextSize, type EnvironmentSpec } from './environment-spec.ts'
import { environmentError } from './errors.ts'
import { actionRewards } from './reward-table.ts'

/** Length of the plan block. */
export const ENVIRONMENT_PLAN_BYTES = PLAN.bytes

/** Where the data of one split lie: byte offsets into the shared memory. */
type SplitLocation = {
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
 * @param to.at byte offset of ENVIRONMENT_PLAN_BYTES, a multiple of 4
 * @throws {VigilError} ENVIRONMENT_SPEC
 */
export function writeEnvironmentPlan(
  { spec, constraints }: { readonly spec: EnvironmentSpec; readonly constraints: Constraints },
  location: PlanLocation,
  to: { readonly buffer: ArrayBufferLike; readonly at: number },
): void {
  assertSpec(spec, location)
  writeBlock(PLAN, to, {
    mode: spec.mode === 'iid' ? 0 : 1,
    agentCount: spec.agentCount,
    seed: spec.seed,
    episodeSteps: spec.episodeSteps,
    attribution: spec.attribution === 'own' ? 0 : 1,
    rule: spec.rule === 'majority' ? 0 : 1,
    quorumSize: 2 * spec.faults + 1,
    fallbackAction: spec.fallbackAction,
    contextSize: contextSize(spec),
    rowCount: location.rowCount,
    rows: location.rows,
    streamStarts: location.streamStarts,
    streamCount: location.streamCount,
    labels: location.labels,
    teamBonus: spec.teamBonus,
    averageCount: averageCount(spec.mode),
    laneBytes: constraints.laneBytes,
    watchBytes: constraints.watchBytes,
    watch: constraints.specificationCount === 0 ? 0 : location.constraints,
    actionRewards: actionRewards(spec.rewards).flat(),
  })
}

function assertSpec(spec: EnvironmentSpec, split: SplitLocation): void {
  const requireInteger = (field: string, value: number, minimum: number, maximum: number) => {
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return
    throw environmentError(
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
      throw environmentError('ENVIRONMENT_SPEC', `${field} must be a finite number, but is ${value}.`)
    }
  }
  const { alertedThreat } = spec.rewards
  if (alertedThreat < 0 || alertedThreat > 1) {
    throw environmentError('ENVIRONMENT_SPEC', `alertedThreat must be a share from 0 to 1, but is ${alertedThreat}.`)
  }
}
