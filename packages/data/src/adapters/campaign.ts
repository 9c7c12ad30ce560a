import type { ColumnPlan } from '@vigil/features'
import { averageNames, campaignColumn } from '../campaign/campaign-columns.ts'
import { ONSET } from '../campaign/campaign-model.ts'
import { exactRatios } from '../campaign/exact-ratios.ts'
import { campaignClassNames, generateCampaign } from '../campaign/generate-campaign.ts'
import type { Adapter } from './adapter.ts'
import {
  count,
  drawnDivision,
  GENERATED_READING,
  quantile,
  requireColumn,
  requireRows,
  standard,
  token,
} from './generated.ts'
import { behaviour } from './synthetic.ts'

/** Windows of watched activities, beside those of synthetic: an attack pauses between its stages. */
const LONGER_WINDOWS = [32, 64]

const PLAN: readonly ColumnPlan[] = [
  token('role'),
  quantile('criticality'),
  ...behaviour,
  ...LONGER_WINDOWS.map((events) => count(`watched_${events}`, 16)),
  ...averageNames.map(standard),
]

/**
 * Attacks in stages on hosts of unlike worth, for the environment `respond`: daemons, users and administrators of whom about one
 * process in six is attacked, a stage at a time. A stream is one process; rows are in time order. Damage is the criticality of
 * the host, which is an input, times that of the stage, which is not. With the profile `posterior` the environment shows the
 * generator's own belief that a process is under attack.
 */
export const campaign: Adapter = {
  name: 'campaign',
  open: async ({ seed, ...request }, progress) => {
    const rowCount = requireRows('campaign', request)
    progress(`generating ${rowCount} events`)
    const events = generateCampaign(seed, rowCount)
    return {
      rowCount,
      labels: events.classes.map((index) => (index > 0 ? 1 : 0)),
      classes: events.classes,
      classNames: campaignClassNames,
      streams: events.streams,
      timeRank: Uint32Array.from({ length: rowCount }, (_, row) => row),
      times: null,
      posterior: events.posterior,
      consequences: (profile) => ({
        ratios: profile === 'posterior' ? exactRatios(events) : null,
        ...{ hazard: ONSET, damage: events.damage, criticality: events.criticality },
      }),
      division: drawnDivision(events.streams, seed),
      notes: [],
      present: { inputs: ['activity', 'size', 'gap_ms'], kind: 'role', constants: ['criticality'] },
      reading: GENERATED_READING,
      plan: () => PLAN,
      history: () => null,
      column: async (name) => requireColumn('campaign', name, campaignColumn(events, name)),
      close: () => undefined,
    }
  },
}
