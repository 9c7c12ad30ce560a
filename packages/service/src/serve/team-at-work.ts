import type { VigilError } from '@vigil/errors'
import type { Bundle } from '@vigil/runs'
import { createDecider, type Decider } from '../decider.ts'
import { serviceError } from '../errors.ts'
import type { NearestOf } from '../nearest/nearest-flag.ts'
import { createDrift, type Drift, type DriftSettings } from './drift.ts'

/** A team that decides for a service, until another takes its place. */
export type TeamAtWork = {
  readonly bundle: Bundle
  readonly decider: Decider
  readonly drift: Drift
}

/** How a team is put to work. */
export type TeamSettings = {
  readonly why: boolean
  /** Finds training events for the reasons, for each bundle that is put to work; null = nobody does. */
  readonly nearest: NearestOf | null
  /** Whether an action that would break a specification which another keeps is replaced. */
  readonly shield: boolean
  /** Bytes that what the network remembers of streams may take. */
  readonly streamBytes: number
  readonly drift: DriftSettings
}

/** What a team goes on with of what the one before it knew: all, the history of events, or nothing. */
export type HandedOver = 'all' | 'history' | 'nothing'

async function createTeamAtWork(
  bundle: Bundle,
  { why, nearest: nearestOf, shield, streamBytes, drift: settings }: TeamSettings,
): Promise<TeamAtWork> {
  const drift = createDrift(bundle, settings)
  const rules = shield ? 'shield' : 'watch'
  const nearest = (await nearestOf?.(bundle)) ?? null
  const decider = await createDecider(bundle, { why, nearest, rules, streamBytes, counts: drift.counts })
  return { bundle, drift, decider }
}

/** A team whose place another may take. */
export type ExchangeableTeam = {
  readonly current: () => TeamAtWork
  /** that of whichever team is at work */
  readonly decider: Decider
  /**
   * Lets the team of another bundle decide from the next event on.
   *
   * @param accept called when the other team can begin: where it throws, the one before goes on
   * @param drain  decides on everything that waits
   * @throws {VigilError} TEAM_DIFFERS, as `createDecider`, or what `accept` throws; the one before goes on then
   */
  exchange(
    bundle: Bundle,
    steps: { readonly accept: () => Promise<void>; readonly drain: () => void },
  ): Promise<HandedOver>
}

/** @throws {VigilError} as `createDecider` */
export async function createExchangeableTeam(bundle: Bundle, settings: TeamSettings): Promise<ExchangeableTeam> {
  let team = await createTeamAtWork(bundle, settings)
  const current = () => team
  return {
    ...{ current, decider: followingDecider(current) },
    async exchange(other, { accept, drain }) {
      assertExchangeable(bundle, other)
      const next = await createTeamAtWork(other, settings)
      await accept()
      // From here to the end nothing else happens: no event is decided on by both, or by neither.
      drain()
      const handedOver = handOver(team, next)
      team = next
      return handedOver
    },
  }
}

/** What must be the same of a team that takes the place of another. */
const SAME: readonly (readonly [string, (bundle: Bundle) => unknown])[] = [
  ['how events are read', ({ pipeline }) => pipeline.reading],
  ['the environment', ({ environment }) => [environment.mode, environment.response === null]],
  ['the number of agents', ({ network }) => network.agentCount],
  ['the fallback action', ({ vote }) => vote.fallbackAction],
  ['the specifications', ({ specifications }) => specifications],
]

/** @throws {VigilError} TEAM_DIFFERS where a team cannot take the place of another under way */
function assertExchangeable(before: Bundle, after: Bundle): void {
  const other = SAME.find(([, of]) => JSON.stringify(of(before)) !== JSON.stringify(of(after)))
  if (other !== undefined) throw differs(other[0])
}

function differs(what: string): VigilError {
  return serviceError(
    'TEAM_DIFFERS',
    `The new bundle differs from the one at work in ${what}. Start another service with it, and send events there.`,
  )
}

/**
 * Lets a team that has seen nothing go on from what another knows. History is the same where features are; what streams remember is
 * the same where no network has put it there, and contexts mean the same. What is watched of decisions is the same for every team, since their
 * specifications are.
 */
function handOver(before: TeamAtWork, after: TeamAtWork): HandedOver {
  const isSame = (of: (bundle: Bundle) => unknown) =>
    JSON.stringify(of(before.bundle)) === JSON.stringify(of(after.bundle))
  const past = before.decider.save()
  if (!isSame(({ pipeline }) => pipeline)) {
    after.decider.restore({ ...after.decider.save(), rules: past.rules })
    return 'nothing'
  }
  const keepsStreams =
    isSame(({ network }) => network.lstmHidden) &&
    before.bundle.network.lstmHidden.length === 0 &&
    isSame(({ environment, belief }) => [environment, belief])
  after.decider.restore(keepsStreams ? past : { ...past, streams: { keys: [], states: new Float32Array(0) } })
  return keepsStreams ? 'all' : 'history'
}

/** The decider of whichever team is at work. */
function followingDecider(current: () => TeamAtWork): Decider {
  const own = () => current().decider
  return {
    read: (event) => own().read(event),
    decide: (events) => own().decide(events),
    streamOf: (event) => own().streamOf(event),
    remember: (event) => own().remember(event),
    hear: (stream, verdict) => own().hear(stream, verdict),
    unseen: () => own().unseen(),
    save: () => own().save(),
    restore: (past) => own().restore(past),
    get columns() {
      return own().columns
    },
    get watched() {
      return own().watched
    },
    get streamCount() {
      return own().streamCount
    },
  }
}
