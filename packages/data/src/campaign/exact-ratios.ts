import { filterThreat } from '../synthetic/hidden-markov.ts'
import { GAP_ENDS, SIZE_ENDS } from '../synthetic/host-phases.ts'
import { campaignModel, ONSET } from './campaign-model.ts'
import { roleNames } from './campaign-phases.ts'
import type { CampaignEvents } from './generate-campaign.ts'

/** Beliefs are kept off 0 and 1 by this: a process is clean at its first event, and certainty has no ratio. */
const DOUBT = 1e-9

/**
 * By what ratio each event moves the generator's own belief that its process is under attack, so that the belief with the hazard
 * ONSET is P(attacked | events so far, role). After an all-clear, of which the model of the generator could say more, the ratios are
 * those of a process about which none was given.
 *
 * @returns [N] above 0
 */
export function exactRatios(events: CampaignEvents): Float32Array {
  const models = roleNames.map(campaignModel).map((model) => {
    // All states from the first stage on: nobody is clean again.
    const first = model.threat.indexOf(1)
    return { ...model, threat: model.threat.map((_, state) => (state < first ? 0 : 1)) }
  })
  const ratios = new Float32Array(events.rowCount)
  for (const rows of rowsByProcess(events)) {
    const symbols = Uint8Array.from(rows.flatMap((row) => symbolsOf(events, row)))
    const attacked = new Float64Array(rows.length)
    filterThreat(models[events.roles[rows[0]]], symbols, attacked)
    let before = 0
    for (const [i, row] of rows.entries()) {
      const prior = before + (1 - before) * ONSET
      const belief = Math.min(1 - DOUBT, Math.max(DOUBT, attacked[i]))
      ratios[row] = (belief * (1 - prior)) / ((1 - belief) * prior)
      before = belief
    }
  }
  return ratios
}

/** Rows of each process, in time order. */
function rowsByProcess({ rowCount, streams }: CampaignEvents): number[][] {
  const found: number[][] = []
  for (let row = 0; row < rowCount; row++) {
    found[streams[row]] ??= []
    found[streams[row]].push(row)
  }
  return found
}

/** Activity, size class and gap class. */
function symbolsOf({ activity, size, gapMs }: CampaignEvents, row: number): number[] {
  return [activity[row], classOf(SIZE_ENDS, size[row]), classOf(GAP_ENDS, gapMs[row])]
}

function classOf(ends: readonly number[], value: number): number {
  return Math.max(
    0,
    ends.slice(0, -1).findLastIndex((end) => value >= end),
  )
}
