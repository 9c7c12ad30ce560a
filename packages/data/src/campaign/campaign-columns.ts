import type { RawColumn } from '@vigil/features'
import { hostColumn, isOfFamily, watchFamilies } from '../synthetic/host-columns.ts'
import { activities } from '../synthetic/host-phases.ts'
import { roleNames } from './campaign-phases.ts'
import type { CampaignEvents } from './generate-campaign.ts'

/** Share of an average that stays from one event to the next. */
const KEPT = 0.97

/** Names of the averages, one for each family of watched activities. */
export const averageNames = watchFamilies.map((family) => `average_${family}`)

/**
 * One raw column: role and criticality, which the process and its host have; average_FAMILY (exponential average of how often
 * earlier events of the process were of the family); and those of hostColumn.
 *
 * @returns null when there is no such column
 */
export function campaignColumn(events: CampaignEvents, name: string): RawColumn | null {
  if (name === 'role') return { kind: 'token', codes: Int32Array.from(events.roles), dictionary: roleNames }
  if (name === 'criticality') return { kind: 'number', values: Float64Array.from(events.criticality) }
  if (averageNames.includes(name)) return averageBefore(events, name.slice('average_'.length))
  return hostColumn(events, name)
}

function averageBefore({ rowCount, previous, activity }: CampaignEvents, family: string): RawColumn {
  const counted = activities.map((own) => isOfFamily(own, family))
  const values = new Float64Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const past = previous[row]
    if (past >= 0) values[row] = KEPT * values[past] + (counted[activity[past]] ? 1 - KEPT : 0)
  }
  return { kind: 'number', values }
}
