import { fillUniforms, randomStream } from '@vigil/random'
import { generateEvents, type HostEvents } from '../synthetic/generate.ts'
import { pick } from '../synthetic/hidden-markov.ts'
import { campaignModel } from './campaign-model.ts'
import { HOSTS, LENGTHS, ROLES, roleNames, STAGE_DAMAGE } from './campaign-phases.ts'

/** Events of processes that have a role and run on a host of some worth. */
export type CampaignEvents = HostEvents & {
  /** [N] index into roleNames. */
  readonly roles: Uint8Array
  /** [N] by what the damage on the host is multiplied. */
  readonly criticality: Float32Array
  /** [N] criticality times the damage of the stage; of benign events the criticality alone. */
  readonly damage: Float32Array
}

const models = roleNames.map(campaignModel)

/** 'benign' and the stages, in their order. */
export const campaignClassNames = models[0].classNames

/** Draws processes until there are rowCount events, as generateEvents does, each with its role and its host. */
export function generateCampaign(seed: number, rowCount: number): CampaignEvents {
  const own = ownersOf(seed)
  const events = generateEvents((process) => models[own(process).role], seed, rowCount, LENGTHS)
  const roles = new Uint8Array(rowCount)
  const criticality = new Float32Array(rowCount)
  const damage = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const { role, host } = own(events.processes[row])
    const stage = events.classes[row] - 1
    roles[row] = role
    criticality[row] = HOSTS[host].criticality
    damage[row] = criticality[row] * (stage < 0 ? 1 : STAGE_DAMAGE[stage])
  }
  return { ...events, roles, criticality, damage }
}

/** Role and host of a process, each drawn once. */
function ownersOf(seed: number): (process: number) => { readonly role: number; readonly host: number } {
  const random = randomStream(seed, 'generatedStream')
  const draw = new Float64Array(2)
  const roleShares = Float64Array.from(roleNames, (name) => ROLES[name].share)
  const hostShares = Float64Array.from(HOSTS, ({ share }) => share)
  const drawn: { role: number; host: number }[] = []
  return (process) => {
    if (drawn[process] === undefined) {
      fillUniforms(random, [process, 0, 1], draw)
      const role = pick(roleShares, 0, roleShares.length, draw[0])
      drawn[process] = { role, host: pick(hostShares, 0, hostShares.length, draw[1]) }
    }
    return drawn[process]
  }
}
